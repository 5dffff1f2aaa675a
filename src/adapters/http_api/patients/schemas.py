"""What the API takes and gives, for its schema and for the names it accepts. Whether a value is right,
the core decides: for scripts and upstream as much as for the API.
"""

from collections.abc import Mapping
from datetime import date

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from adapters.http_api.rest.responses import tagged_document
from adapters.http_api.rest.schemas import PageSerializer
from core.patients.audit import Action, AuditEvent, ChangeEntry
from core.patients.entities import Patient
from core.patients.search import MAX_IDS, MAX_QUERY_LENGTH, Sort
from core.patients.values import MAX_IDENTIFIERS, Sex, Status
from core.values import DEFAULT_PER_PAGE, MAX_PER_PAGE

ACTOR_NAME = "A user's email, null unless you may see users; or the name of the service or script."


class IdentifierSerializer(serializers.Serializer):
    system = serializers.CharField(max_length=200, help_text="The authority that gave the number.")
    value = serializers.CharField(max_length=100)


class RegistrationSerializer(serializers.Serializer):
    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=100)
    email = serializers.EmailField(max_length=254, help_text="Unique; stored in lower case.")
    date_of_birth = serializers.DateField(help_text="Not in the future, not more than 130 years ago.")
    phone = serializers.CharField(allow_null=True, required=False, help_text="Stored as E.164; may be shared.")
    sex = serializers.ChoiceField(list(Sex), required=False, help_text="Administrative; unknown unless given.")
    identifiers = serializers.ListField(child=IdentifierSerializer(), required=False, max_length=MAX_IDENTIFIERS)
    external_id = serializers.CharField(
        max_length=200,
        allow_null=True,
        required=False,
        help_text="The id that upstream knows; null where it is unknown.",
    )
    status = serializers.ChoiceField(list(Status), required=False, help_text="active unless given.")


class PatientSerializer(RegistrationSerializer):
    id = serializers.UUIDField(read_only=True)
    full_name = serializers.CharField(read_only=True)
    age = serializers.IntegerField(read_only=True, min_value=0, help_text="In whole years, today.")
    version = serializers.IntegerField(read_only=True, min_value=1, help_text="Counts up at each change.")
    last_synced_at = serializers.DateTimeField(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class FiltersSerializer(serializers.Serializer):
    """All filters given hold for each patient found."""

    q = serializers.CharField(
        max_length=MAX_QUERY_LENGTH,
        required=False,
        help_text="Words that each begin something of the patient: a word of the name, the phone number, the email, an "
        "identifier (its value, or system|value), the external id, or the date of birth. At least four digits may also "
        "be the last of the phone number.",
    )
    status = serializers.ChoiceField(list(Status), required=False)
    sex = serializers.ChoiceField(list(Sex), required=False)
    email = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)
    date_of_birth = serializers.DateField(required=False)
    born_after = serializers.DateField(required=False, help_text="Later than this day.")
    born_before = serializers.DateField(required=False, help_text="Earlier than this day.")
    identifier = serializers.CharField(
        required=False, help_text="system|value, or a value alone: then it may be of any system."
    )
    external_id = serializers.CharField(required=False)
    created_after = serializers.DateTimeField(required=False, help_text="Later than this instant.")
    created_before = serializers.DateTimeField(required=False, help_text="Earlier than this instant.")
    updated_after = serializers.DateTimeField(
        required=False, help_text="Registered or changed later than this instant."
    )
    sort = serializers.ChoiceField(
        list(Sort), required=False, help_text="-created_at unless given: newest first. Names by last name, then first."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_PER_PAGE, required=False, help_text=f"{DEFAULT_PER_PAGE} unless given."
    )
    count = serializers.BooleanField(required=False, help_text="Also count what is found, to 10,000 and no further.")


class SearchSerializer(FiltersSerializer):
    ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_IDS, required=False, help_text="Those of them that are there."
    )
    fields = serializers.ListField(  # type: ignore[assignment]  # the member's name
        child=serializers.ChoiceField(list(PatientSerializer().get_fields())),
        min_length=1,
        required=False,
        help_text="Give these members of each patient and no others.",
    )
    cursor = serializers.CharField(
        required=False, help_text="`next_cursor` of the page before. Give it here or in the address, not in both."
    )


class ListedPatientSerializer(PatientSerializer):
    """Every member is there unless `fields` left it out."""

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = False, False
        return fields


class PatientPageSerializer(PageSerializer):
    results = ListedPatientSerializer(many=True)
    count = serializers.IntegerField(required=False, help_text="Given when it was asked for.")
    count_capped = serializers.BooleanField(required=False, help_text="There are more than `count`.")


class ChangeSerializer(serializers.Serializer):
    before = serializers.JSONField()
    after = serializers.JSONField()


@extend_schema_field(serializers.DictField(child=ChangeSerializer()), component_name="Changes")
class ChangesField(serializers.DictField):
    """By field."""


class EventSerializer(serializers.Serializer):
    version = serializers.IntegerField(min_value=1)
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="user:<id> or system:<job>")
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    request_id = serializers.CharField()
    action = serializers.ChoiceField(list(Action))
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the member's name
    changes = ChangesField(allow_null=True, help_text="null once the patient is erased.")
    digest = serializers.CharField(help_text="SHA-256 over a salt and the values; stays when they are erased.")


class HistorySerializer(PageSerializer):
    results = EventSerializer(many=True)


def patient_document(
    request: Request, patient: Patient, today: date, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return tagged_document(request, patient, patient_json(patient, today), status, headers)


def patient_json(patient: Patient, today: date) -> dict[str, object]:
    return {
        "id": patient.id,
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "full_name": patient.full_name,
        "email": patient.email,
        "phone": patient.phone,
        "date_of_birth": patient.date_of_birth,
        "age": patient.age_on(today),
        "sex": patient.sex,
        "identifiers": [{"system": one.system, "value": one.value} for one in patient.identifiers],
        "status": patient.status,
        "version": patient.version,
        "external_id": patient.external_id,
        "last_synced_at": patient.last_synced_at,
        "created_at": patient.created_at,
        "updated_at": patient.updated_at,
    }


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
        "action": event.action,
        "fields": event.fields,
        "changes": changes,
        "digest": event.digest,
    }


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


class PatientChangeSerializer(serializers.Serializer):
    patient_id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, help_text="That the change made. The record may be further on.")
    action = serializers.ChoiceField(list(Action))
    at = serializers.DateTimeField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # the member's name
    actor = serializers.CharField(help_text="user:<id>, service:<name> or system:<job>")
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME)
    request_id = serializers.CharField()


class PatientChangePageSerializer(PageSerializer):
    next = serializers.URLField(
        help_text="Where to go on: at once if the page is full, else later. Never null; an empty page has it, too."
    )
    next_cursor = serializers.CharField(help_text="The `cursor` that `next` has.")
    results = PatientChangeSerializer(many=True)
