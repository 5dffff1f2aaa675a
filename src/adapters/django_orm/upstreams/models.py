from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from core.upstreams.entities import CircuitState


class UpstreamOverride(models.Model):
    """Rows are only inserted. The latest row of an upstream is in force; all rows are the audit trail."""

    upstream = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    isolated = models.BooleanField()
    at = models.DateTimeField()
    actor = models.TextField()
    request_id = models.TextField()

    class Meta:
        constraints = [UniqueConstraint(fields=["upstream", "revision"], name="upstreams_revision_unique")]

    def __str__(self) -> str:
        return f"{self.upstream} {self.revision}"


class UpstreamReport(models.Model):
    upstream = models.CharField(max_length=100)
    process = models.CharField(max_length=300)
    reported_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=[(state.value, state.value) for state in CircuitState])
    calls = models.PositiveIntegerField()
    failure_rate = models.FloatField(null=True)
    slow_rate = models.FloatField(null=True)
    median_seconds = models.FloatField(null=True)
    p95_seconds = models.FloatField(null=True)
    under_way = models.PositiveIntegerField()
    retry_budget = models.FloatField()
    seconds_left = models.FloatField()

    class Meta:
        indexes = [Index(fields=["reported_at"], name="upstreams_report_age")]
        constraints = [
            UniqueConstraint(fields=["upstream", "process"], name="upstreams_process_unique"),
            CheckConstraint(
                condition=Q(state__in=[state.value for state in CircuitState]), name="upstreams_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream} in {self.process}"
