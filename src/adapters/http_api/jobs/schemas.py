"""What jobs of every kind show of themselves. Each kind has outcomes of its own, and names its counts by them."""

from collections.abc import Mapping
from enum import StrEnum

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from adapters.http_api.patients.schemas import ACTOR_NAME
from core.jobs.entities import Job, JobState

LOOK_AGAIN = {"Retry-After": "2"}  # seconds


class JobSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(list(JobState), help_text="A paused job goes on by itself; a failed one does not.")
    total = serializers.IntegerField(min_value=0, help_text="How many there were when it was asked for.")
    done = serializers.IntegerField(min_value=0)
    requested_by = serializers.CharField(help_text="user:<id>, service:<name> or system:<job>")
    requested_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    resume_at = serializers.DateTimeField(allow_null=True, help_text="While it is paused.")
    reason = serializers.CharField(allow_null=True, help_text="Why it is paused or failed.")


def counts_serializer(name: str, outcomes: type[StrEnum]) -> serializers.Serializer:
    return inline_serializer(name, {outcome.value: serializers.IntegerField(min_value=0) for outcome in outcomes})


def job_json(job: Job, outcomes: type[StrEnum], names: Mapping[str, str | None]) -> dict[str, object]:
    """`counts` names every one of `outcomes`."""
    return {
        "id": job.id,
        "state": job.state,
        "total": job.total,
        "done": job.done,
        "counts": {outcome.value: job.counts.get(outcome.value, 0) for outcome in outcomes},
        "requested_by": job.actor,
        "requested_by_name": names[job.actor],
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "resume_at": job.resume_at,
        "reason": job.reason or None,
    }
