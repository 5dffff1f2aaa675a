from collections.abc import Mapping
from datetime import date
from uuid import UUID

from rest_framework import serializers

from adapters.http_api.jobs.schemas import JobSerializer, counts_serializer, job_json
from adapters.http_api.patients.parameters import VersionsSerializer
from adapters.http_api.patients.record import PatientSerializer, patient_json
from adapters.http_api.rest.schemas import (
    ACTOR,
    ACTOR_EXAMPLE,
    ACTOR_NAME,
    RECORD_ID,
    EvidenceSerializer,
    PageSerializer,
)
from core.jobs.entities import Job
from core.matching.entities import DuplicatePair, Merge, MergeResult, PairState, ScanOptions, ScanOutcome, UndoResult
from core.matching.merging import FIELDS, Source
from core.matching.scoring import explain
from core.matching.use_cases import Decision
from core.patients.entities import Patient
from core.patients.fields import SETTABLE
from core.values import MAX_REASON_LENGTH

Names = Mapping[str, str | None]


class PairFiltersSerializer(serializers.Serializer):
    state = serializers.ChoiceField(list(PairState), required=False, help_text="`open` by default.")
    min_probability = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="Only pairs at least as likely to be one person."
    )


class PairStateSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text=RECORD_ID)
    state = serializers.ChoiceField(
        list(PairState), help_text="`open` pairs wait for a decision; `later` ones were put off."
    )
    decided_by = serializers.CharField(allow_null=True, help_text=ACTOR, initial=ACTOR_EXAMPLE)
    decided_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="grace@clinic.example")
    decided_at = serializers.DateTimeField(allow_null=True, help_text="When it was decided or put off.")
    reason = serializers.CharField(allow_null=True, help_text="Why it was decided so.", initial="Twins.")


class PairSerializer(PairStateSerializer):
    probability = serializers.FloatField(
        min_value=0, max_value=1, help_text="How likely the two are one person.", initial=0.97
    )
    explanation = EvidenceSerializer(many=True, help_text="What the probability is based on.")
    found_at = serializers.DateTimeField(help_text="When the pair was found.")
    patients = PatientSerializer(many=True, help_text="The two records, the older one first.")


class PairPageSerializer(PageSerializer):
    results = PairSerializer(many=True, help_text="The pairs on this page.")


class DecisionSerializer(serializers.Serializer):
    decision = serializers.ChoiceField(list(Decision), help_text="Whether the two are one person.")
    reason = serializers.CharField(
        max_length=MAX_REASON_LENGTH,
        allow_null=True,
        required=False,
        help_text="For those who look at the pair later.",
        initial="Twins.",
    )


def pair_state_json(pair: DuplicatePair, names: Names) -> dict[str, object]:
    return {
        "id": pair.id,
        "state": pair.state,
        "decided_by": pair.decided_by or None,
        "decided_by_name": names.get(pair.decided_by),
        "decided_at": pair.decided_at,
        "reason": pair.reason or None,
    }


def pair_json(pair: DuplicatePair, patients: Mapping[UUID, Patient], names: Names, today: date) -> dict[str, object]:
    return pair_state_json(pair, names) | {
        "probability": pair.probability,
        "explanation": explain(pair.evidence),
        "found_at": pair.found_at,
        "patients": [patient_json(patients[one], today) for one in pair.patient_ids if one in patients],
    }


class MergeRequestSerializer(VersionsSerializer):
    other = serializers.UUIDField(help_text="The id of the record that becomes part of this one.")
    choices = serializers.DictField(
        child=serializers.ChoiceField(list(Source)),
        required=False,
        help_text="By field, the record whose value stays. Without a choice, that of this record stays; a blank one is "
        f"filled from the other, and lists come together. The fields are {', '.join(FIELDS)}.",
        initial={"phone": Source.OTHER.value},
    )
    reason = serializers.CharField(
        max_length=MAX_REASON_LENGTH,
        allow_null=True,
        required=False,
        help_text="Kept in the history of both records.",
        initial="Registered twice by phone.",
    )


class MergeSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text=RECORD_ID)
    survivor_id = serializers.UUIDField(help_text="The patient that the other record became part of.")
    other_id = serializers.UUIDField(help_text="The record that was merged.")
    at = serializers.DateTimeField(help_text="When the two were merged.")
    actor = serializers.CharField(help_text=ACTOR, initial=ACTOR_EXAMPLE)
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="grace@clinic.example")
    undone_at = serializers.DateTimeField(allow_null=True, help_text="When the merge was undone.")
    undone_by = serializers.CharField(allow_null=True, help_text=ACTOR, initial=ACTOR_EXAMPLE)
    undone_by_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="grace@clinic.example")


def merge_json(merge: Merge, names: Names) -> dict[str, object]:
    return {
        "id": merge.id,
        "survivor_id": merge.survivor_id,
        "other_id": merge.other_id,
        "at": merge.at,
        "actor": merge.actor,
        "actor_name": names.get(merge.actor),
        "undone_at": merge.undone_at,
        "undone_by": merge.undone_by or None,
        "undone_by_name": names.get(merge.undone_by),
    }


class MergePageSerializer(PageSerializer):
    results = MergeSerializer(many=True, help_text="The merges on this page.")


class MergeResultSerializer(serializers.Serializer):
    merge = MergeSerializer(allow_null=True, help_text="Null for a preview.")
    patient = PatientSerializer(help_text="The surviving record, with the values of the merge.")
    other = PatientSerializer(help_text="The other record.")
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.ChoiceField(list(SETTABLE)),
        help_text="The fields of the surviving record that the merge changes.",
        initial=["phone"],
    )


def merge_result_json(result: MergeResult, names: Names, today: date) -> dict[str, object]:
    return {
        "merge": merge_json(result.merge, names) if result.merge else None,
        "patient": patient_json(result.survivor, today),
        "other": patient_json(result.other, today),
        "fields": result.fields,
    }


class UndoResultSerializer(serializers.Serializer):
    merge = MergeSerializer(help_text="The merge that is undone.")
    patient = PatientSerializer(help_text="The record that had survived.")
    other = PatientSerializer(help_text="The other record, as it was before the merge.")
    kept = serializers.ListField(
        child=serializers.ChoiceField(list(SETTABLE)),
        help_text="The fields of `patient` that were changed after the merge, and keep that change.",
        initial=["phone"],
    )


def undo_result_json(result: UndoResult, names: Names, today: date) -> dict[str, object]:
    return {
        "merge": merge_json(result.merge, names),
        "patient": patient_json(result.survivor, today),
        "other": patient_json(result.other, today),
        "kept": result.kept,
    }


class ScanRequestSerializer(serializers.Serializer):
    full = serializers.BooleanField(
        required=False, help_text="Compare every patient, not only those changed since the last completed scan."
    )


class ScanSerializer(JobSerializer):
    changed_since = serializers.DateTimeField(
        allow_null=True, help_text="Only patients changed since then are compared; null for every patient."
    )
    counts = counts_serializer("ScanCounts", ScanOutcome)


class ScanPageSerializer(PageSerializer):
    results = ScanSerializer(many=True, help_text="The scans on this page.")


def scan_json(job: Job, names: Names) -> dict[str, object]:
    return job_json(job, ScanOutcome, names) | {"changed_since": ScanOptions.of(job).changed_since}
