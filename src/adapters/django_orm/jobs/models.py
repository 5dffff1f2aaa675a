"""The tables of work in the background. They name patients by id, without a foreign key: they outlive them."""

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
    available_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField()
    takeovers = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [Index(fields=["job", "available_at"], name="jobs_chunk_free")]

    def __str__(self) -> str:
        return str(self.id)


class ScheduledTask(models.Model):
    """When something that is due now and then was begun last."""

    name = models.CharField(max_length=50, primary_key=True)
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
