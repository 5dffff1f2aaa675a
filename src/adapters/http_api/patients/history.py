from functools import partial
from struct import Struct
from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.schemas import HistorySerializer, event_json
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.cursors import decode_cursor, encode_cursor
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import page
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.errors import parse_field
from core.patients.use_cases import ViewHistory

_VERSION = Struct(">I")


class PatientHistoryView(APIView):
    @document_operation("patient_history", Permission.VIEW_PATIENTS, HistorySerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        history: Annotated[ViewHistory, Provide["view_history"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        """List the changes to a patient.

        Newest first.
        """
        given = read_query(request.query_params, ["limit", "cursor"])
        if "cursor" in given:
            [given["before_version"]] = parse_field("cursor", partial(decode_cursor, _VERSION), given.pop("cursor"))
        found = history(actor=actor(request), patient_id=patient_id, **cast("dict[str, int]", given))
        names = name_actors(actor=actor(request), names={event.actor for event in found.events})
        results = [event_json(event, names) for event in found.events]
        return page(request, results, encode_cursor(_VERSION, found.next) if found.next else None)
