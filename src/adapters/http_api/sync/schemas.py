from collections.abc import Mapping

from rest_framework import serializers

from adapters.http_api.jobs.schemas import JobSerializer, counts_serializer, job_json
from adapters.http_api.patients.schemas import PatientSerializer
from adapters.http_api.rest.schemas import PageSerializer
from core.jobs.entities import Job
from core.sync.entities import SYNCABLE, SyncJobOutcome, SyncJobResult, SyncScope
from core.sync.merge import SyncOutcome


class SyncSerializer(serializers.Serializer):
    message = serializers.CharField()
    outcome = serializers.ChoiceField(list(SyncOutcome))
    stale = serializers.BooleanField(help_text="Upstream did not answer: this is the record as it stands.")
    fetched_at = serializers.DateTimeField(help_text="When upstream gave what the record rests on.")
    age_seconds = serializers.IntegerField(min_value=0, help_text="How long ago that is.")
    conflicts = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that both sides changed; ours were kept."
    )
    patient = PatientSerializer()


class SyncScopeSerializer(serializers.Serializer):
    status = serializers.ChoiceField(
        list(SYNCABLE), allow_null=True, required=False, help_text="Both of them unless given."
    )
    patient_id = serializers.UUIDField(allow_null=True, required=False, help_text="Only this patient.")


class SyncJobSerializer(JobSerializer):
    statuses = serializers.ListField(child=serializers.ChoiceField(list(SYNCABLE)))
    patient_id = serializers.UUIDField(allow_null=True, help_text="Where it is about one patient.")
    counts = counts_serializer("SyncCounts", SyncJobOutcome)


class SyncJobPageSerializer(PageSerializer):
    results = SyncJobSerializer(many=True)


class SyncFailureSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField()
    outcome = serializers.ChoiceField(list(SyncJobOutcome))
    reason = serializers.CharField(allow_null=True, help_text="The kind of the problem.")
    conflicts = serializers.ListField(
        child=serializers.CharField(), help_text="Fields that both sides changed; ours were kept."
    )
    at = serializers.DateTimeField()


class SyncFailurePageSerializer(PageSerializer):
    results = SyncFailureSerializer(many=True)


def sync_job_json(job: Job, names: Mapping[str, str | None]) -> dict[str, object]:
    scope = SyncScope.of(job)
    return job_json(job, SyncJobOutcome, names) | {"statuses": scope.statuses, "patient_id": scope.patient_id}


def sync_failure_json(outcome: SyncJobResult) -> dict[str, object]:
    return {
        "patient_id": outcome.patient_id,
        "outcome": outcome.outcome,
        "reason": outcome.reason or None,
        "conflicts": outcome.conflicts,
        "at": outcome.at,
    }
