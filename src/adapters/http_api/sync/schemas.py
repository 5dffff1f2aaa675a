from collections.abc import Mapping
from datetime import date

from rest_framework import serializers

from adapters.http_api.jobs.schemas import JobSerializer, counts_serializer, job_json
from adapters.http_api.patients.record import PatientSerializer, patient_json
from adapters.http_api.patients.schemas import ChangesField
from adapters.http_api.rest.schemas import ACTOR_EXAMPLE, PageSerializer
from core.jobs.entities import Job
from core.sync.change_limits import HeldChange
from core.sync.entities import EVERY_STATUS, SYNCABLE, SyncJobOutcome, SyncJobResult, SyncScope
from core.sync.merge import SyncOutcome, SyncResult

_CONFLICTS = "The fields that changed on both sides; the registry's values were kept."


class SyncSerializer(serializers.Serializer):
    message = serializers.CharField(help_text="The outcome, for people.", initial="Patient data synced successfully")
    outcome = serializers.ChoiceField(list(SyncOutcome), help_text="The outcome, for programs.")
    stale = serializers.BooleanField(help_text="The upstream did not answer: `patient` is the stored record.")
    fetched_at = serializers.DateTimeField(help_text="When the upstream sent the data.")
    age_seconds = serializers.IntegerField(min_value=0, help_text="The seconds since `fetched_at`.")
    conflicts = serializers.ListField(child=serializers.CharField(), help_text=_CONFLICTS, initial=["phone"])
    patient = PatientSerializer(help_text="The record after the sync.")


def sync_json(result: SyncResult, today: date) -> dict[str, object]:
    seconds = int(result.age.total_seconds())
    message = "Patient data synced successfully"
    if result.stale:
        message = f"{result.reason} This is the record as it stands, {seconds} s after upstream last answered."
    return {
        "message": message,
        "outcome": result.outcome,
        "stale": result.stale,
        "fetched_at": result.fetched_at,
        "age_seconds": seconds,
        "conflicts": result.conflicts,
        "patient": patient_json(result.patient, today),
    }


class SyncScopeSerializer(serializers.Serializer):
    status = serializers.ChoiceField(
        list(SYNCABLE),
        allow_null=True,
        required=False,
        help_text="Only patients with this status; every status by default.",
        initial=SYNCABLE[0].value,
    )
    patient_id = serializers.UUIDField(allow_null=True, required=False, help_text="Only this patient.")


class SyncJobSerializer(JobSerializer):
    statuses = serializers.ListField(
        child=serializers.ChoiceField(list(EVERY_STATUS)),
        help_text="The statuses of the patients that are synced. What upstream has about a `merged` record is synced "
        "into its survivor.",
    )
    patient_id = serializers.UUIDField(allow_null=True, help_text="The only patient that is synced.")
    confirmed_by = serializers.CharField(
        allow_null=True, help_text="The actor who confirmed the job while it was held.", initial=ACTOR_EXAMPLE
    )
    counts = counts_serializer("SyncCounts", SyncJobOutcome)


def sync_job_json(job: Job, names: Mapping[str, str | None]) -> dict[str, object]:
    scope = SyncScope.of(job)
    return job_json(job, SyncJobOutcome, names) | {
        "statuses": scope.statuses,
        "patient_id": scope.patient_id,
        "confirmed_by": job.confirmed_by or None,
    }


class SyncJobPageSerializer(PageSerializer):
    results = SyncJobSerializer(many=True, help_text="The sync jobs on this page.")


class SyncFailureSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField(help_text="The id of the patient.")
    outcome = serializers.ChoiceField(list(SyncJobOutcome), help_text="The outcome of the patient's sync.")
    reason = serializers.CharField(allow_null=True, help_text="The kind of the problem.", initial="external-id-changed")
    conflicts = serializers.ListField(child=serializers.CharField(), help_text=_CONFLICTS, initial=["phone"])
    at = serializers.DateTimeField(help_text="When the sync was tried.")


def sync_failure_json(result: SyncJobResult) -> dict[str, object]:
    return {
        "patient_id": result.patient_id,
        "outcome": result.outcome,
        "reason": result.reason or None,
        "conflicts": result.conflicts,
        "at": result.at,
    }


class SyncFailurePageSerializer(PageSerializer):
    results = SyncFailureSerializer(many=True, help_text="The patients on this page.")


class HeldChangeSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField(help_text="The id of the patient.")
    changes = ChangesField(
        help_text="The values in the registry and from upstream, by field.",
        initial={"phone": {"before": "+12015550123", "after": "+12015550199"}},
    )


class HeldChangesSerializer(serializers.Serializer):
    results = HeldChangeSerializer(many=True, help_text="At most 20 of the patients that the job would change.")


def held_change_json(change: HeldChange) -> dict[str, object]:
    changes = {name: {"before": change.before.get(name), "after": value} for name, value in change.after.items()}
    return {"patient_id": change.patient_id, "changes": changes}
