"""What jobs of every kind have in common. Each kind has its own outcomes, which name its counts."""

from collections.abc import Mapping
from enum import StrEnum

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from adapters.http_api.rest.schemas import ACTOR, ACTOR_EXAMPLE, ACTOR_NAME, RECORD_ID
from core.jobs.entities import Job, JobState

POLL_LATER = {"Retry-After": "2"}  # seconds


class JobSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text=RECORD_ID)
    state = serializers.ChoiceField(
        list(JobState),
        help_text="A paused job continues automatically. A held job continues once it is confirmed. A failed job "
        "does not continue.",
    )
    total = serializers.IntegerField(min_value=0, help_text="The number of items when the job was requested.")
    done = serializers.IntegerField(min_value=0, help_text="The number of items that are done.")
    requested_by = serializers.CharField(help_text=ACTOR, initial=ACTOR_EXAMPLE)
    requested_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="grace@clinic.example")
    created_at = serializers.DateTimeField(help_text="When the job was requested.")
    started_at = serializers.DateTimeField(allow_null=True, help_text="When a worker started it.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When it was done, cancelled or failed.")
    resume_at = serializers.DateTimeField(allow_null=True, help_text="When a paused job continues.")
    reason = serializers.CharField(allow_null=True, help_text="Why the job is paused, held or failed.")


def counts_serializer(name: str, outcomes: type[StrEnum]) -> serializers.Serializer:
    return inline_serializer(
        name,
        help_text="The number of items by outcome.",
        fields={
            outcome.value: serializers.IntegerField(min_value=0, help_text=f"Items with the outcome `{outcome}`.")
            for outcome in outcomes
        },
    )


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
