from uuid import UUID

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from adapters.django_orm.jobs.models import Job
from core.undo.entities import UndoOutcome


class UndoResult(models.Model):
    job_id: UUID
    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    patient_id = models.UUIDField()
    outcome = models.CharField(max_length=20, choices=[(outcome.value, outcome.value) for outcome in UndoOutcome])
    at = models.DateTimeField()
    reason = models.CharField(max_length=50, blank=True)
    kept = models.JSONField()
    needs_review = models.BooleanField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["job", "patient_id"], name="undo_one_result_per_patient"),
            CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in UndoOutcome]), name="undo_outcome_known"
            ),
        ]
        indexes = [Index(fields=["job", "patient_id"], condition=Q(needs_review=True), name="undo_to_review")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.patient_id}"
