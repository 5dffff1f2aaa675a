from collections.abc import Mapping

from rest_framework import serializers

from adapters.http_api.jobs.schemas import JobSerializer, counts_serializer, job_json
from adapters.http_api.rest.schemas import PageSerializer
from core.jobs.entities import Job
from core.undo.entities import UndoOptions, UndoOutcome, UndoResult


class UndoJobSerializer(JobSerializer):
    undoes = serializers.UUIDField(help_text="The job whose changes are taken back.")
    counts = counts_serializer("UndoCounts", UndoOutcome)


def undo_job_json(job: Job, names: Mapping[str, str | None]) -> dict[str, object]:
    return job_json(job, UndoOutcome, names) | {"undoes": UndoOptions.of(job).job_id}


class UndoJobPageSerializer(PageSerializer):
    results = UndoJobSerializer(many=True, help_text="The undo jobs on this page.")


class UndoFailureSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField(help_text="The id of the patient.")
    outcome = serializers.ChoiceField(list(UndoOutcome), help_text="The outcome for the patient.")
    reason = serializers.CharField(allow_null=True, help_text="The kind of the problem.", initial="email-taken")
    kept = serializers.ListField(
        child=serializers.CharField(),
        help_text="The fields that were changed after the job and keep that change.",
        initial=["phone"],
    )
    at = serializers.DateTimeField(help_text="When the undo was tried.")


def undo_failure_json(result: UndoResult) -> dict[str, object]:
    return {
        "patient_id": result.patient_id,
        "outcome": result.outcome,
        "reason": result.reason or None,
        "kept": result.kept,
        "at": result.at,
    }


class UndoFailurePageSerializer(PageSerializer):
    results = UndoFailureSerializer(many=True, help_text="The patients on this page.")
