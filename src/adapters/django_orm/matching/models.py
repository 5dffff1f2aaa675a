from uuid import UUID

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from adapters.django_orm.patients.models import Patient
from core.matching.entities import PairState
from core.patients.values import Status


class DuplicatePair(models.Model):
    """Removed with either patient. `evidence` holds levels of agreement and weights, no values."""

    first_id: UUID
    second_id: UUID
    id = models.UUIDField(primary_key=True, editable=False)
    first = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    probability = models.FloatField()
    evidence = models.JSONField()
    weights_version = models.PositiveSmallIntegerField()
    found_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in PairState])
    decided_by = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["first", "second"], name="matching_one_pair"),
            CheckConstraint(condition=Q(first__lt=F("second")), name="matching_pair_is_ordered"),
            CheckConstraint(
                condition=Q(state__in=[state.value for state in PairState]), name="matching_pair_state_known"
            ),
        ]
        indexes = [Index(fields=["state", "-probability", "-id"], name="matching_queue")]

    def __str__(self) -> str:
        return str(self.id)


class Merge(models.Model):
    """Removed with either patient."""

    survivor_id: UUID
    other_id: UUID
    id = models.UUIDField(primary_key=True, editable=False)
    survivor = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Patient, models.CASCADE, related_name="+", db_index=False)
    survivor_version = models.PositiveIntegerField()
    other_status = models.CharField(max_length=10, choices=[(status.value, status.value) for status in Status])
    at = models.DateTimeField()
    actor = models.TextField()
    absorbed = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.TextField(blank=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["other"], condition=Q(undone_at=None), name="matching_merged_once"),
        ]
        indexes = [
            Index(fields=["survivor", "-id"], name="matching_merges_of_survivor"),
            Index(fields=["other", "-id"], name="matching_merges_of_other"),
        ]

    def __str__(self) -> str:
        return str(self.id)
