"""The tables of background jobs. They refer to patients by id without a foreign key, because they outlive them."""

from uuid import UUID

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from core.jobs.entities import JobKind, JobState


class Job(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in JobKind])
    actor = models.TextField()
    request_id = models.TextField()
    options = models.JSONField()
    created_at = models.DateTimeField()
    total = models.PositiveIntegerField()
    key = models.CharField(max_length=100, null=True)  # noqa: DJ001 (unique, but for null)
    position = models.TextField(null=True)  # noqa: DJ001 (null is the end, empty the beginning)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in JobState])
    counts = models.JSONField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    confirmed_by = models.TextField(blank=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(state__in=[state.value for state in JobState]), name="jobs_state_known"),
            CheckConstraint(condition=Q(kind__in=[kind.value for kind in JobKind]), name="jobs_kind_known"),
            UniqueConstraint(fields=["key"], condition=Q(ended_at=None), name="jobs_one_under_way"),
        ]
        indexes = [
            Index(fields=["kind", "-id"], name="jobs_by_kind"),
            Index(fields=["id"], condition=Q(ended_at=None), name="jobs_unfinished"),
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
    available_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField()
    takeovers = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [Index(fields=["job", "available_at"], name="jobs_chunk_available")]

    def __str__(self) -> str:
        return str(self.id)


class ScheduledTask(models.Model):
    """When a periodic task last started."""

    name = models.CharField(max_length=50, primary_key=True)
    last_run_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
