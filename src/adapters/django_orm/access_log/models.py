from django.db import models
from django.db.models import CheckConstraint, Index, Q

from core.access_log.entities import AccessAction

_ACTIONS = [action.value for action in AccessAction]


class AccessEntry(models.Model):
    """Rows are only inserted. `seal` covers the row and the seal of the row before it."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.TextField()
    action = models.CharField(max_length=20, choices=[(action, action) for action in _ACTIONS])
    patient_id = models.UUIDField(null=True)
    count = models.PositiveIntegerField(null=True)
    detail = models.TextField(blank=True)
    address = models.TextField(blank=True)
    request_id = models.TextField(blank=True)
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "access entries"
        indexes = [
            Index(
                fields=["patient_id", "at", "number"], condition=Q(patient_id__isnull=False), name="access_by_patient"
            ),
            Index(fields=["actor", "at", "number"], name="access_by_actor"),
            Index(
                fields=["actor", "at", "number"],
                condition=Q(action=AccessAction.PATIENT_VIEWED.value),
                name="access_by_viewer",
            ),
            Index(fields=["action", "at", "number"], name="access_by_action"),
            Index(fields=["at", "number"], name="access_by_time"),
        ]
        constraints = [
            CheckConstraint(condition=Q(action__in=_ACTIONS), name="access_action_known"),
            CheckConstraint(condition=Q(number__gte=1), name="access_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
