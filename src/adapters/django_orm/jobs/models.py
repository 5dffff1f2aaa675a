"""The tables of work in the background. They name patients by id, without a foreign key: they outlive them."""

from uuid import UUID

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from core.jobs.entities import JobKind, JobState
from core.patients.jobs import JobOutcome


class Job(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in JobKind])
    actor = models.TextField()
    request_id = models.TextField()
    options = models.JSONField()
    created_at = models.DateTimeField()
    total = models.PositiveIntegerField()
    key = models.CharField(max_length=100, null=True)  # noqa: DJ001 (any number of jobs have none)
    position = models.TextField(null=True)  # noqa: DJ001 (nothing left is not the beginning)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in JobState])
    counts = models.JSONField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=[state.value for state in JobState]), name="jobs_state_known"),
            CheckConstraint(condition=Q(kind__in=[kind.value for kind in JobKind]), name="jobs_kind_known"),
            UniqueConstraint(fields=["key"], condition=Q(ended_at=None), name="jobs_one_under_way"),
        ]
        indexes = [
            Index(fields=["kind", "-id"], name="jobs_by_kind"),
            Index(fields=["id"], condition=Q(ended_at=None), name="jobs_going_on"),
            Index(fields=["ended_at"], name="jobs_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Chunk(models.Model):
    job_id: UUID
    id = models.UUIDField(primary_key=True, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    items = models.JSONField()
    lease = models.UUIDField(null=True)
    free_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField()
    takeovers = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [Index(fields=["job", "free_at"], name="jobs_chunk_free")]

    def __str__(self) -> str:
        return str(self.id)


class SyncOutcome(models.Model):
    job_id: UUID
    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    patient_id = models.UUIDField()
    outcome = models.CharField(max_length=20, choices=[(outcome.value, outcome.value) for outcome in JobOutcome])
    at = models.DateTimeField()
    reason = models.CharField(max_length=50, blank=True)
    conflicts = models.JSONField()
    needs_a_look = models.BooleanField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["job", "patient_id"], name="jobs_one_outcome_per_patient"),
            CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in JobOutcome]), name="jobs_outcome_known"
            ),
        ]
        indexes = [Index(fields=["job", "patient_id"], condition=Q(needs_a_look=True), name="jobs_to_look_at")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.patient_id}"


class ImportFile(models.Model):
    """How a file under import is read, and how far it was."""

    job_id: UUID
    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="+")
    layout = models.JSONField()
    offset = models.PositiveBigIntegerField()
    line = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.job_id)


class ImportPiece(models.Model):
    """A part of a file's content. Goes with the chunk that stands for the whole file, when that is done or dropped."""

    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["chunk", "number"], name="jobs_piece_unique")]

    def __str__(self) -> str:
        return f"{self.number} of {self.chunk}"


class ImportKey(models.Model):
    """What a file under import has met that no second row of it may have: a patient, or in a dry run a digest."""

    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    key = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["chunk", "key"], name="jobs_key_unique")]

    def __str__(self) -> str:
        return str(self.chunk)


class ImportReject(models.Model):
    """A row that was refused, as it stood in the file."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    line = models.PositiveIntegerField()
    raw = models.BinaryField()
    faults = models.JSONField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "line"], name="jobs_one_reject_per_line")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.job}"


class ImportRejectKey(models.Model):
    """Whom a refused row is about, as a digest."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="+", db_index=False)
    line = models.PositiveIntegerField()
    key = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint(fields=["job", "line", "key"], name="jobs_reject_key_unique")]
        indexes = [Index(fields=["key"], name="jobs_reject_by_key")]

    def __str__(self) -> str:
        return f"line {self.line} of {self.job}"


class Turn(models.Model):
    """When something that is due now and then was begun last."""

    name = models.CharField(max_length=50, primary_key=True)
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
