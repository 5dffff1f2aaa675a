"""The queue of possible duplicates."""

from struct import Struct
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.users import Names
from adapters.http_api.matching.schemas import (
    DecisionSerializer,
    PairFiltersSerializer,
    PairPageSerializer,
    PairStateSerializer,
    pair_json,
    pair_state_json,
)
from adapters.http_api.patients.search import TheClock
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting
from adapters.http_api.rest.cursors import decode_cursor, encode_cursor
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.queries import read_query_collecting
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.errors import InvalidValue
from core.matching import use_cases
from core.matching.entities import PairCursor

_POSITION = Struct(">d16s")  # probability, id


class DuplicatesView(APIView):
    @document_operation(
        "list_duplicates",
        Permission.REVIEW_PATIENTS,
        PairPageSerializer,
        parameters=[PairFiltersSerializer, LIMIT, CURSOR],
    )
    @inject
    def get(
        self,
        request: Request,
        list_duplicates: Annotated[use_cases.ListDuplicates, Provide["list_duplicates"]],
        name_actors: Names,
        clock: TheClock,
    ) -> HttpResponse:
        """List possible duplicates.

        Pairs of records that may describe one person, by falling probability.
        """
        given, errors = read_query_collecting(request.query_params, ["state", "min_probability", "limit", "cursor"])
        after = None
        with errors.field("cursor"):
            after = _parse_cursor(given.pop("cursor")) if "cursor" in given else None
        with errors.field("min_probability"):
            if "min_probability" in given:
                given["min_probability"] = _parse_number(given["min_probability"])
        found = list_duplicates(actor=actor(request), after=after, errors=errors, **given)
        names = name_actors(actor=actor(request), names={pair.decided_by for pair in found.pairs if pair.decided_by})
        results = [pair_json(pair, found.patients, names, clock.today()) for pair in found.pairs]
        following = encode_cursor(_POSITION, found.next.probability, found.next.id.bytes) if found.next else None
        return page(request, results, following)


class DecideDuplicateView(APIView):
    @document_operation(
        "decide_duplicate",
        Permission.REVIEW_PATIENTS,
        PairStateSerializer,
        404,
        409,
        body=DecisionSerializer,
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        pair_id: UUID,
        decide: Annotated[use_cases.DecideDuplicate, Provide["decide_duplicate"]],
        name_actors: Names,
    ) -> HttpResponse:
        """Decide whether two records describe one person.

        `different` is remembered: the two are not paired again and cannot be merged. `same` merges nothing by itself.
        `later` puts the decision off, or takes it back.
        """
        given, errors = read_body_collecting(request, DecisionSerializer, required=["decision"])
        decision, reason = given.get("decision", use_cases.Decision.LATER), given.get("reason")
        pair = decide(actor=actor(request), pair_id=pair_id, decision=decision, reason=reason, errors=errors)
        return document(pair_state_json(pair, name_actors(actor=actor(request), names=[pair.decided_by])))


def _parse_cursor(raw: object) -> PairCursor:
    probability, pair_id = decode_cursor(_POSITION, raw)
    return PairCursor(probability, UUID(bytes=pair_id))


def _parse_number(raw: object) -> float:
    try:
        return float(str(raw)[:30])
    except ValueError:
        raise InvalidValue("range", "Must be a number from 0 to 1.") from None
