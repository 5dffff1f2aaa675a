from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.parameters import FIELDS, IDS
from adapters.http_api.patients.schemas import (
    FiltersSerializer,
    HistorySerializer,
    PatientPageSerializer,
    PatientSerializer,
    RegistrationSerializer,
    SearchSerializer,
    event_json,
    patient_document,
    patient_json,
)
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.openapi import CURSOR, IF_MATCH, IF_NONE_MATCH, LIMIT, document_operation
from adapters.http_api.rest.preconditions import Preconditions
from adapters.http_api.rest.requests import (
    cursor,
    expected_version,
    names,
    parse_patient_cursor,
    patient_cursor,
    read_body_collecting,
    read_query,
    read_query_collecting,
    read_version_cursor,
    require_no_input,
)
from adapters.http_api.rest.responses import page
from core.access import Permission
from core.accounts.use_cases import NameActors
from core.errors import ErrorCollector, InvalidValue
from core.patients import use_cases
from core.patients.entities import REQUIRED, Changes, Registration
from core.patients.search import Filters
from core.ports import Clock
from core.values import parse_bool

TheClock = Annotated[Clock, Provide["clock"]]
Search = Annotated[use_cases.SearchPatients, Provide["search_patients"]]
Update = Annotated[use_cases.UpdatePatient, Provide["update_patient"]]
PATIENT_MEMBERS = tuple(names(PatientSerializer))


class PatientsView(APIView):
    @document_operation(
        "list_patients", PatientPageSerializer, 410, 414, parameters=[FiltersSerializer, IDS, FIELDS, CURSOR]
    )
    @inject
    def get(self, request: Request, search: Search, clock: TheClock) -> HttpResponse:
        return _search(request, *read_query_collecting(request.query_params, names(SearchSerializer)), search, clock)

    @document_operation("register_patient", PatientSerializer, 409, status=201, body=RegistrationSerializer)
    @inject
    def post(
        self,
        request: Request,
        register: Annotated[use_cases.RegisterPatient, Provide["register_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        details, errors = read_body_collecting(request, PatientSerializer, Permission.REGISTER_PATIENTS)
        patient = register(actor=actor(request), errors=errors, **cast("Registration", details))
        location = request.build_absolute_uri(f"/api/v1/patients/{patient.id}/")
        return patient_document(request, patient, clock.today(), status=201, headers={"Location": location})


class PatientSearchView(APIView):
    @document_operation("search_patients", PatientPageSerializer, 410, body=SearchSerializer, parameters=[CURSOR])
    @inject
    def post(self, request: Request, search: Search, clock: TheClock) -> HttpResponse:
        """No value stands in an address. The next page takes the same body, with `next_cursor` as its `cursor` or sent
        to `next`."""
        given, errors = read_body_collecting(request, SearchSerializer, Permission.VIEW_PATIENTS, query=["cursor"])
        return _search(request, given, errors, search, clock)


def _search(
    request: Request, given: dict[str, object], errors: ErrorCollector, search: use_cases.SearchPatients, clock: Clock
) -> HttpResponse:
    count, shown = False, frozenset[str]()
    with errors.field("count"):
        count = parse_bool(given.pop("count", False))
    with errors.field("fields"):
        shown = _members(given.pop("fields", PATIENT_MEMBERS))
    if "cursor" in given:
        with errors.field("cursor"):
            given["after"] = parse_patient_cursor(given.pop("cursor"))
    found = search(actor=actor(request), count=count, errors=errors, **cast("Filters", given))
    today = clock.today()
    wholes = (patient_json(patient, today) for patient in found.patients)
    results = [{name: value for name, value in whole.items() if name in shown} for whole in wholes]
    counted = {"count": found.count, "count_capped": found.count_capped} if count else {}
    return page(request, results, patient_cursor(found.next) if found.next else None, **counted)


def _members(raw: object) -> frozenset[str]:
    """From a list, or a text in which commas stand between."""
    given = [one.strip() for one in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(given, list | tuple) or not given:
        raise InvalidValue("type", "Must be a list of members.")
    chosen = cast("list[object] | tuple[object, ...]", given)
    if not all(one in PATIENT_MEMBERS for one in chosen):
        raise InvalidValue("choice", f"Must be of: {', '.join(PATIENT_MEMBERS)}.")
    return frozenset(cast("list[str]", chosen))


class PatientView(APIView):
    tagged = True

    @document_operation("view_patient", PatientSerializer, 404, parameters=[IF_NONE_MATCH])
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        view: Annotated[use_cases.ViewPatient, Provide["view_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        read_query(request.query_params, [])
        patient = view(actor=actor(request), patient_id=patient_id)
        return patient_document(request, patient, clock.today())

    @document_operation(
        "replace_patient", PatientSerializer, 404, 409, 412, body=PatientSerializer, parameters=[IF_MATCH]
    )
    @inject
    def put(self, request: Request, patient_id: UUID, update: Update, clock: TheClock) -> HttpResponse:
        """Takes what GET gave: read-only members are passed over, `version` acts as If-Match. What is optional and left
        out stays as it is."""
        changes, errors = read_body_collecting(
            request, PatientSerializer, Permission.UPDATE_PATIENTS, required=REQUIRED, ignore_read_only=True
        )
        return _update(request, patient_id, changes, errors, update, clock, expected_version(request, errors))

    @document_operation(
        "change_patient", PatientSerializer, 404, 409, 412, body=PatientSerializer(partial=True), parameters=[IF_MATCH]
    )
    @inject
    def patch(self, request: Request, patient_id: UUID, update: Update, clock: TheClock) -> HttpResponse:
        return _update(
            request,
            patient_id,
            *read_body_collecting(request, PatientSerializer, Permission.UPDATE_PATIENTS),
            update,
            clock,
        )

    @document_operation("erase_patient", None, 404, 412, status=204, parameters=[IF_MATCH])
    @inject
    def delete(
        self, request: Request, patient_id: UUID, erase: Annotated[use_cases.ErasePatient, Provide["erase_patient"]]
    ) -> HttpResponse:
        require_no_input(request, Permission.ERASE_PATIENTS)
        erase(actor=actor(request), patient_id=patient_id, check=Preconditions.of(request).check)
        return HttpResponse(status=204)


def _update(
    request: Request,
    patient_id: UUID,
    changes: dict[str, object],
    errors: ErrorCollector,
    update: use_cases.UpdatePatient,
    clock: Clock,
    seen: int | None = None,
) -> HttpResponse:
    check, given = Preconditions.of(request).check, cast("Changes", changes)
    patient = update(
        actor=actor(request), patient_id=patient_id, expected_version=seen, check=check, errors=errors, **given
    )
    return patient_document(request, patient, clock.today())


class PatientHistoryView(APIView):
    @document_operation("patient_history", HistorySerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        history: Annotated[use_cases.ViewHistory, Provide["view_history"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        given = read_query(request.query_params, ["limit", "cursor"])
        if "cursor" in given:
            given["before_version"] = read_version_cursor(given.pop("cursor"))
        found = history(actor=actor(request), patient_id=patient_id, **cast("dict[str, int]", given))
        names = name_actors(actor=actor(request), names={event.actor for event in found.events})
        results = [event_json(event, names) for event in found.events]
        return page(request, results, cursor(found.next) if found.next else None)
