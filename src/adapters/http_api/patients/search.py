from typing import Annotated, cast

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.record import PatientSerializer, patient_json
from adapters.http_api.patients.schemas import PatientPageSerializer, SearchSerializer
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import names, read_body_collecting
from adapters.http_api.rest.cursors import parse_record_cursor, record_cursor
from adapters.http_api.rest.openapi import CURSOR, document_operation
from adapters.http_api.rest.responses import page
from core.access import Permission
from core.errors import ErrorCollector, InvalidValue
from core.patients import use_cases
from core.patients.search import Filters, PatientCursor
from core.ports import Clock
from core.values import parse_bool

Search = Annotated[use_cases.SearchPatients, Provide["search_patients"]]
TheClock = Annotated[Clock, Provide["clock"]]
_MEMBERS = tuple(names(PatientSerializer))


class PatientSearchView(APIView):
    @document_operation(
        "search_patients",
        Permission.VIEW_PATIENTS,
        PatientPageSerializer,
        410,
        body=SearchSerializer,
        parameters=[CURSOR],
    )
    @inject
    def post(self, request: Request, search: Search, clock: TheClock) -> HttpResponse:
        """Search patients with the filters in the body.

        No personal data is in the address. For the next page, send the same body with `next_cursor` as its `cursor`,
        or send it to `next`.
        """
        given, errors = read_body_collecting(request, SearchSerializer, query=["cursor"])
        return search_page(request, given, errors, search, clock)


def search_page(
    request: Request, given: dict[str, object], errors: ErrorCollector, search: use_cases.SearchPatients, clock: Clock
) -> HttpResponse:
    count, shown = False, frozenset(_MEMBERS)
    with errors.field("count"):
        count = parse_bool(given.pop("count", False))
    with errors.field("fields"):
        shown = _members(given.pop("fields", _MEMBERS))
    if "cursor" in given:
        with errors.field("cursor"):
            given["after"] = _parse_cursor(given.pop("cursor"))
    found = search(actor=actor(request), count=count, errors=errors, **cast("Filters", given))
    today = clock.today()
    results = [patient_json(patient, today) for patient in found.patients]
    if len(shown) < len(_MEMBERS):
        results = [{name: value for name, value in whole.items() if name in shown} for whole in results]
    counted = {"count": found.count, "count_capped": found.count_capped} if count else {}
    return page(request, results, _cursor(found.next), **counted)


def _cursor(last: PatientCursor | None) -> str | None:
    return record_cursor(last.id, last.version) if last else None


def _parse_cursor(raw: object) -> PatientCursor:
    return PatientCursor(*parse_record_cursor(raw))


def _members(raw: object) -> frozenset[str]:
    """From a list, or a text in which commas stand between."""
    given = [one.strip() for one in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(given, list | tuple) or not given:
        raise InvalidValue("type", "Must be a list of members.")
    chosen = cast("list[object] | tuple[object, ...]", given)
    if len(chosen) > len(_MEMBERS):
        raise InvalidValue("too_long", f"Must have at most {len(_MEMBERS)} items.")
    if not all(one in _MEMBERS for one in chosen):
        raise InvalidValue("choice", f"Must be of: {', '.join(_MEMBERS)}.")
    return frozenset(cast("list[str]", chosen))
