from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.audit.schemas import (
    AccessFiltersSerializer,
    AuditEventPageSerializer,
    AuditFiltersSerializer,
    AuditPageSerializer,
    access_json,
    audit_event_json,
)
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import names
from adapters.http_api.rest.cursors import decode_cursor, encode_cursor
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query_collecting
from adapters.http_api.rest.responses import page
from core.access import Permission
from core.access_log.entities import AccessCursor, AccessFilters
from core.access_log.use_cases import ListAccesses
from core.accounts.use_cases import NameActors
from core.audit.search import AuditCursor
from core.audit.use_cases import SearchAudit
from core.errors import InvalidValue, parse_field

_CURSOR = Struct(">qq")  # microseconds since 1970, number
_CHANGE_CURSOR = Struct(">q16si")  # microseconds since 1970, patient id, version
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class AuditView(APIView):
    @document_operation(
        "list_accesses",
        Permission.VIEW_AUDIT,
        AuditPageSerializer,
        parameters=[AccessFiltersSerializer, LIMIT, CURSOR],
    )
    @inject
    def get(
        self,
        request: Request,
        list_accesses: Annotated[ListAccesses, Provide["list_accesses"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        """List who saw or took which records, signed in or was refused.

        Newest first. With `patient_id`: who looked at this record. An entry appears within a second. Changes are at
        `audit/changes/`.
        """
        given, errors = read_query_collecting(
            request.query_params, [*names(AccessFiltersSerializer), "limit", "cursor"]
        )
        before = parse_field("cursor", _parse_cursor, given.pop("cursor")) if "cursor" in given else None
        limit = {"limit": given.pop("limit")} if "limit" in given else {}
        filters = cast("AccessFilters", given)
        found = list_accesses(actor=actor(request), filters=filters, before=before, errors=errors, **limit)
        shown = name_actors(actor=actor(request), names={entry.actor for entry in found.entries})
        results = [access_json(entry, shown) for entry in found.entries]
        return page(request, results, _cursor(found.next) if found.next else None)


class ChangesView(APIView):
    @document_operation(
        "search_audit",
        Permission.VIEW_AUDIT,
        AuditEventPageSerializer,
        parameters=[AuditFiltersSerializer, LIMIT, CURSOR],
    )
    @inject
    def get(
        self,
        request: Request,
        search: Annotated[SearchAudit, Provide["search_audit"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        """List the changes of all patients: who changed whose record, when, from what to what.

        Newest first. It needs `patients.view` as well, and the access log names the patients of a short page.
        """
        given, errors = read_query_collecting(request.query_params, [*names(AuditFiltersSerializer), "limit", "cursor"])
        before = parse_field("cursor", _parse_change_cursor, given.pop("cursor")) if "cursor" in given else None
        limit = {"limit": given.pop("limit")} if "limit" in given else {}
        who, filters = actor(request), cast("AccessFilters", given)
        found = search(actor=who, filters=filters, before=before, errors=errors, **limit)
        shown = name_actors(actor=who, names={event.actor for event in found.events})
        results = [audit_event_json(event, shown, found.names) for event in found.events]
        return page(request, results, _change_cursor(found.next) if found.next else None)


def _cursor(last: AccessCursor) -> str:
    return encode_cursor(_CURSOR, _microseconds(last.at), last.number)


def _parse_cursor(raw: object) -> AccessCursor:
    microseconds, number = decode_cursor(_CURSOR, raw)
    return AccessCursor(_time(microseconds), number)


def _change_cursor(last: AuditCursor) -> str:
    return encode_cursor(_CHANGE_CURSOR, _microseconds(last.at), last.patient_id.bytes, last.version)


def _parse_change_cursor(raw: object) -> AuditCursor:
    microseconds, patient_id, version = decode_cursor(_CHANGE_CURSOR, raw)
    return AuditCursor(_time(microseconds), UUID(bytes=patient_id), version)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(microseconds: int) -> datetime:
    """Raises `InvalidValue`."""
    try:
        return _EPOCH + microseconds * _MICROSECOND
    except OverflowError:
        raise InvalidValue("invalid", "Must be the `next_cursor` of the previous page.") from None
