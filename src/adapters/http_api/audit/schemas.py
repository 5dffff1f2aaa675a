from collections.abc import Mapping
from uuid import UUID

from rest_framework import serializers

from adapters.http_api.patients.schemas import EventSerializer, event_json
from adapters.http_api.rest.schemas import (
    ACTOR,
    ACTOR_EXAMPLE,
    ACTOR_NAME,
    REQUEST_ID,
    REQUEST_ID_EXAMPLE,
    PageSerializer,
)
from core.access_log.entities import AccessAction, AccessEntry
from core.patients.audit import Action, AuditEvent

_ACTOR = f"Who did it: {ACTOR} `anonymous` before a sign-in."
_DETAIL = (
    "A digest of the filters, the same for the same search; the operation that was refused; the service key that was "
    "sent from outside its networks; the job of rejects or held changes; or the page. Empty otherwise."
)


class _FiltersSerializer(serializers.Serializer):
    actor = serializers.CharField(required=False, help_text=f"Only what this actor did: {ACTOR}", initial=ACTOR_EXAMPLE)
    patient_id = serializers.UUIDField(required=False, help_text="Only about this patient's record.")
    since = serializers.DateTimeField(required=False, help_text="Only from this time on.")
    until = serializers.DateTimeField(required=False, help_text="Only before this time.")


class AccessFiltersSerializer(_FiltersSerializer):
    action = serializers.ChoiceField(list(AccessAction), required=False, help_text="Only this action.")


class AuditFiltersSerializer(_FiltersSerializer):
    action = serializers.ChoiceField(list(Action), required=False, help_text="Only this action.")


class AccessEntrySerializer(serializers.Serializer):
    number = serializers.IntegerField(help_text="Its place in the log, which has no gap.", initial=4711)
    at = serializers.DateTimeField(help_text="When it was.")
    actor = serializers.CharField(help_text=_ACTOR, initial=ACTOR_EXAMPLE)
    actor_name = serializers.CharField(allow_null=True, help_text=ACTOR_NAME, initial="admin@clinic.example")
    action = serializers.ChoiceField(list(AccessAction), help_text="What was done.")
    patient_id = serializers.UUIDField(allow_null=True, help_text="The patient whose record was seen.")
    count = serializers.IntegerField(allow_null=True, help_text="How many records were seen or taken.")
    detail = serializers.CharField(help_text=_DETAIL, initial="9f2c61e07d5b4a8ec3f01b6d7a92e5f4")
    address = serializers.CharField(help_text="The IP address of the client; empty for a script.", initial="192.0.2.7")
    request_id = serializers.CharField(help_text=REQUEST_ID, initial=REQUEST_ID_EXAMPLE)


def access_json(entry: AccessEntry, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at,
        "actor": entry.actor,
        "actor_name": names[entry.actor],
        "action": entry.action,
        "patient_id": entry.patient_id,
        "count": entry.count,
        "detail": entry.detail,
        "address": entry.address,
        "request_id": entry.request_id,
    }


class AuditPageSerializer(PageSerializer):
    results = AccessEntrySerializer(many=True, help_text="The entries on this page.")


class AuditEventSerializer(EventSerializer):
    patient_id = serializers.UUIDField(help_text="The patient whose record changed.")
    patient_name = serializers.CharField(
        allow_null=True, help_text="The full name now; null once the record is erased.", initial="Ada Lovelace"
    )


def audit_event_json(
    event: AuditEvent, names: Mapping[str, str | None], patients: Mapping[UUID, str]
) -> dict[str, object]:
    name = patients.get(event.patient_id)
    return {**event_json(event, names), "patient_id": event.patient_id, "patient_name": name}


class AuditEventPageSerializer(PageSerializer):
    results = AuditEventSerializer(many=True, help_text="The changes on this page.")
