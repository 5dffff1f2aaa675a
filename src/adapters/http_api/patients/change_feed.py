from struct import Struct
from typing import Annotated, TypedDict, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.schemas import PatientChangePageSerializer, change_json
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.cursors import decode_cursor, encode_cursor
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import page
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.errors import parse_field
from core.patients.audit import ChangeCursor
from core.patients.use_cases import FollowChanges

_CURSOR = Struct(">16sQ")  # epoch, position


class Following(TypedDict, total=False):
    after: ChangeCursor
    limit: int


class PatientChangesView(APIView):
    @document_operation(
        "follow_changes", Permission.VIEW_PATIENTS, PatientChangePageSerializer, 410, parameters=[LIMIT, CURSOR]
    )
    @inject
    def get(
        self,
        request: Request,
        follow: Annotated[FollowChanges, Provide["follow_changes"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        """Follow the changes to all patients.

        Every change and erasure once, in commit order; without a cursor, from the first one on. A client that always
        follows `next` misses none. 410 after the registry was restored from a backup: entries that the client has may
        not have happened, so read every patient again and continue from `restart`.
        """
        given = read_query(request.query_params, ["limit", "cursor"])
        if "cursor" in given:
            given["after"] = parse_field("cursor", _parse_cursor, given.pop("cursor"))
        found = follow(actor=actor(request), **cast("Following", given))
        names = name_actors(actor=actor(request), names={change.actor for change in found.changes})
        return page(
            request,
            [change_json(change, names) for change in found.changes],
            encode_cursor(_CURSOR, found.next.epoch.bytes, found.next.position),
        )


def _parse_cursor(raw: object) -> ChangeCursor:
    epoch, position = decode_cursor(_CURSOR, raw)
    return ChangeCursor(UUID(bytes=epoch), position)
