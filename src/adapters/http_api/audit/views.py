from functools import partial
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
from core.access_log.entities import AccessFilters
from core.access_log.use_cases import ListAccesses
from core.accounts.use_cases import NameActors
from core.errors import parse_field

_NUMBER = Struct(">Q")


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
        before: int | None = None
        if "cursor" in given:
            [before] = parse_field("cursor", partial(decode_cursor, _NUMBER), given.pop("cursor"))
        limit = {"limit": given.pop("limit")} if "limit" in given else {}
        filters = cast("AccessFilters", given)
        found = list_accesses(actor=actor(request), filters=filters, before=before, errors=errors, **limit)
        shown = name_actors(actor=actor(request), names={entry.actor for entry in found.entries})
        results = [access_json(entry, shown) for entry in found.entries]
        return page(request, results, encode_cursor(_NUMBER, found.next) if found.next else None)
