"""The shapes of searches, of a patient's history and of the change feed."""

from collections.abc import Mapping
from datetime import date

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from adapters.http_api.patients.parameters import VersionsSerializer
from adapters.http_api.patients.record import PartialDateField, PatientSerializer, patient_json
from adapters.http_api.rest.schemas import (
    ACTOR,
    ACTOR_EXAMPLE,
    ACTOR_NAME,
    REQUEST_ID,
    REQUEST_ID_EXAMPLE,
    PageSerializer,
)
from core.patients.audit import Action, AuditEvent, ChangeEntry
from core.patients.search import MAX_COUNT, MAX_IDS, MAX_QUERY_LENGTH, Sort
from core.patients.use_cases.swap import Swappable, SwappedPatients
from core.patients.values import (
    Sex,
    Status,
)
from core.values import DEFAULT_PER_PAGE, MAX_PER_PAGE, MAX_REASON_LENGTH


class FiltersSerializer(serializers.Serializer):
    """Each patient in the response matches every filter."""

    q = serializers.CharField(
        max_length=MAX_QUERY_LENGTH,
        required=False,
        help_text="Words, each of which is the beginning of a word of the name, of the phone number, the email, an "
        "identifier (its value, or system|value), the external id or the date of birth. Four or more digits also match "
        "the end of the phone number.",
        initial="ada love",
    )
    status = serializers.ChoiceField(list(Status), required=False, help_text="Patients with this status.")
    sex = serializers.ChoiceField(list(Sex), required=False, help_text="Patients with this administrative sex.")
    email = serializers.CharField(required=False, help_text="The patient with this email.")
    phone = serializers.CharField(required=False, help_text="Patients with this phone number.")
    date_of_birth = PartialDateField(
        required=False, help_text="Patients born on this day, or within this month or year.", initial="1985-12-10"
    )
    born_after = serializers.DateField(required=False, help_text="Patients born after this day.")
    born_before = serializers.DateField(required=False, help_text="Patients born before this day.")
    identifier = serializers.CharField(required=False, help_text="system|value, or a value, which matches any system.")
    external_id = serializers.CharField(required=False, help_text="The patient with this id in the upstream.")
    created_after = serializers.DateTimeField(required=False, help_text="Patients created after this time.")
    created_before = serializers.DateTimeField(required=False, help_text="Patients created before this time.")
    updated_after = serializers.DateTimeField(required=False, help_text="Patients created or changed after this time.")
    sort = serializers.ChoiceField(
        list(Sort),
        required=False,
        help_text="`-created_at` by default: newest first. `name` sorts by last name, then by first name.",
    )
    limit = serializers.IntegerField(
        min_value=1,
        max_value=MAX_PER_PAGE,
        required=False,
        help_text=f"The maximum number of results on the page; {DEFAULT_PER_PAGE} by default.",
        initial=DEFAULT_PER_PAGE,
    )
    count = serializers.BooleanField(required=False, help_text=f"Also count the results, up to {MAX_COUNT:,}.")


class SearchSerializer(FiltersSerializer):
    ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_IDS, required=False, help_text="Patients with these ids."
    )
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.ChoiceField(list(PatientSerializer().get_fields())),
        min_length=1,
        max_length=len(PatientSerializer().get_fields()),
        required=False,
        help_text="Return only these members of each patient.",
    )
    cursor = serializers.CharField(
        required=False, help_text="The `next_cursor` of the previous page, here or in the address, not in both."
    )


class ListedPatientSerializer(PatientSerializer):
    """Has the members that `fields` names, by default all."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = False, False
        return fields


class PatientPageSerializer(PageSerializer):
    results = ListedPatientSerializer(many=True, help_text="The patients on this page.")
    count = serializers.IntegerField(required=False, help_text="The number of results, if `count` asked for it.")
    count_capped = serializers.BooleanField(required=False, help_text="There are more results than `count`.")


class ChangeSerializer(serializers.Serializer):
    before = serializers.JSONField(help_text="The value before the change; null for a new record.")
    after = serializers.JSONField(help_text="The value after the change.")


@extend_schema_field(serializers.DictField(child=ChangeSerializer()), component_name="Changes")
class ChangesField(serializers.DictField):
    """By field."""


class EventSerializer(serializers.Serializer):
    version = serializers.IntegerField(min_value=1, help_text="The version of the record that the change made.")
    at = serializers.DateTimeField(help_text="When the change was made.")
    actor = serializers.CharField(help_text=ACTOR, initial=ACTOR_EXAMPLE)
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="grace@clinic.example")
    request_id = serializers.CharField(help_text=REQUEST_ID, initial=REQUEST_ID_EXAMPLE)
    job_id = serializers.UUIDField(allow_null=True, help_text="The sync job or import that made the change.")
    action = serializers.ChoiceField(list(Action), help_text="What was done.", initial=Action.UPDATED.value)
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.CharField(), help_text="The fields that changed.", initial=["first_name"]
    )
    changes = ChangesField(
        allow_null=True,
        help_text="The values before and after, by field; null once they are erased.",
        initial={"first_name": {"before": "Ada", "after": "Augusta Ada"}},
    )
    reason = serializers.CharField(
        allow_null=True,
        help_text="Why a person was registered who looks like another patient, or why two records were merged; null "
        "without a reason, or once the values are erased.",
    )
    digest = serializers.CharField(
        help_text="SHA-256 over a salt and the values. Stays when the values are erased.",
        initial="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )


def event_json(event: AuditEvent, names: Mapping[str, str | None]) -> dict[str, object]:
    held = event.values
    changes = (
        {name: {"before": held.before.get(name), "after": held.after[name]} for name in event.fields} if held else None
    )
    return {
        "version": event.version,
        "at": event.at,
        "actor": event.actor,
        "actor_name": names[event.actor],
        "request_id": event.request_id,
        "job_id": event.job_id,
        "action": event.action,
        "fields": event.fields,
        "changes": changes,
        "reason": held.reason or None if held else None,
        "digest": event.digest,
    }


class HistorySerializer(PageSerializer):
    results = EventSerializer(many=True, help_text="The changes on this page.")


class PatientChangeSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField(help_text="The id of the patient.")
    version = serializers.IntegerField(
        min_value=1, help_text="The version that the change made. The record may have a later one by now."
    )
    action = serializers.ChoiceField(list(Action), help_text="What was done.")
    at = serializers.DateTimeField(help_text="When the change was made.")
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.CharField(), help_text="The fields that changed.", initial=["first_name"]
    )
    actor = serializers.CharField(help_text=ACTOR, initial=ACTOR_EXAMPLE)
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="grace@clinic.example")
    request_id = serializers.CharField(help_text=REQUEST_ID, initial=REQUEST_ID_EXAMPLE)


def change_json(change: ChangeEntry, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "patient_id": change.patient_id,
        "version": change.version,
        "action": change.action,
        "at": change.at,
        "fields": change.fields,
        "actor": change.actor,
        "actor_name": names[change.actor],
        "request_id": change.request_id,
    }


class PatientChangePageSerializer(PageSerializer):
    next = serializers.URLField(
        help_text="Where to continue: immediately if the page is full, otherwise later. Never null.",
        initial="https://registry.example/api/v1/patients/changes/?cursor=AZwT0X5AcACAAAAAAAAAAQAAAAAAAAAH",
    )
    next_cursor = serializers.CharField(help_text="The `cursor` of `next`.", initial="AZwT0X5AcACAAAAAAAAAAQAAAAAAAAAH")
    results = PatientChangeSerializer(many=True, help_text="The changes on this page; empty if there are none yet.")


class SwapSerializer(VersionsSerializer):
    other = serializers.UUIDField(help_text="The id of the other patient.")
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.ChoiceField(list(Swappable)),
        help_text="What to exchange. `email` includes `email_shared`; `identifiers` are those in unique systems.",
    )
    reason = serializers.CharField(
        max_length=MAX_REASON_LENGTH,
        allow_null=True,
        required=False,
        help_text="Kept in the history of both records.",
        initial="Cards were mixed up.",
    )


class SwappedPatientsSerializer(serializers.Serializer):
    patient = PatientSerializer(help_text="This record, with the other's values.")
    other = PatientSerializer(help_text="The other record, with this one's values.")


def swapped_json(swapped: SwappedPatients, today: date) -> dict[str, object]:
    return {"patient": patient_json(swapped.patient, today), "other": patient_json(swapped.other, today)}
