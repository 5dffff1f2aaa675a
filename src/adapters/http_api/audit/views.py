from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Annotated, cast

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.audit.schemas import AccessFiltersSerializer, AuditPageSerializer, access_json
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
from core.errors import InvalidValue, parse_field

_CURSOR = Struct(">qq")  # microseconds since 1970, number
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

        Newest first. With `patient_id`: who looked at this record. An entry appears within a second. Changes are in the
        history of a patient.
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


def _cursor(last: AccessCursor) -> str:
    return encode_cursor(_CURSOR, (last.at - _EPOCH) // _MICROSECOND, last.number)


def _parse_cursor(raw: object) -> AccessCursor:
    microseconds, number = decode_cursor(_CURSOR, raw)
    try:
        return AccessCursor(_EPOCH + microseconds * _MICROSECOND, number)
    except OverflowError:
        raise InvalidValue("invalid", "Must be the `next_cursor` of the previous page.") from None
