from uuid import UUID

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from adapters.django_orm.jobs.models import Job
from adapters.django_orm.patients.models import Patient
from core.patients.values import MAX_EXTERNAL_ID_LENGTH
from core.sync.entities import SyncJobOutcome


class SyncJobResult(models.Model):
    job_id: UUID
    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    patient_id = models.UUIDField()
    outcome = models.CharField(max_length=20, choices=[(outcome.value, outcome.value) for outcome in SyncJobOutcome])
    at = models.DateTimeField()
    reason = models.CharField(max_length=50, blank=True)
    conflicts = models.JSONField()
    needs_review = models.BooleanField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["job", "patient_id"], name="sync_one_result_per_patient"),
            CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in SyncJobOutcome]), name="sync_outcome_known"
            ),
        ]
        indexes = [Index(fields=["job", "patient_id"], condition=Q(needs_review=True), name="sync_to_review")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.patient_id}"


class HeldChange(models.Model):
    """What a held sync job would change in a record."""

    job_id: UUID
    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    patient_id: UUID
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "patient"], name="sync_one_held_change_per_patient")]

    def __str__(self) -> str:
        return str(self.patient_id)


class UpstreamSnapshot(models.Model):
    """The latest values that upstream returned for the patient."""

    patient_id: UUID
    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True, related_name="+")
    external_id = models.CharField(max_length=MAX_EXTERNAL_ID_LENGTH)
    values = models.JSONField()
    requested_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.patient_id)
