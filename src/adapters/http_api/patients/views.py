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
        "list_patients",
        Permission.VIEW_PATIENTS,
        PatientPageSerializer,
        410,
        414,
        parameters=[FiltersSerializer, IDS, FIELDS, CURSOR],
    )
    @inject
    def get(self, request: Request, search: Search, clock: TheClock) -> HttpResponse:
        """List and search patients.

        All filters must match. Values in an address can end up in logs: `search_patients` takes them in the body.
        """
        return _search(request, *read_query_collecting(request.query_params, names(SearchSerializer)), search, clock)

    @document_operation(
        "register_patient",
        Permission.REGISTER_PATIENTS,
        PatientSerializer,
        409,
        status=201,
        body=RegistrationSerializer,
        headers=["ETag", "Location"],
    )
    @inject
    def post(
        self,
        request: Request,
        register: Annotated[use_cases.RegisterPatient, Provide["register_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        """Register a patient.

        The email, the external id and each identifier must be unique.
        """
        details, errors = read_body_collecting(request, PatientSerializer)
        patient = register(actor=actor(request), errors=errors, **cast("Registration", details))
        location = request.build_absolute_uri(f"/api/v1/patients/{patient.id}/")
        return patient_document(request, patient, clock.today(), status=201, headers={"Location": location})


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

    @document_operation(
        "view_patient", Permission.VIEW_PATIENTS, PatientSerializer, 404, parameters=[IF_NONE_MATCH], headers=["ETag"]
    )
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        view: Annotated[use_cases.ViewPatient, Provide["view_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        """View a patient.

        Send the `ETag` of the response as `If-Match` with a change, so that no other change is lost.
        """
        read_query(request.query_params, [])
        patient = view(actor=actor(request), patient_id=patient_id)
        return patient_document(request, patient, clock.today())

    @document_operation(
        "replace_patient",
        Permission.UPDATE_PATIENTS,
        PatientSerializer,
        404,
        409,
        412,
        body=PatientSerializer,
        parameters=[IF_MATCH],
        headers=["ETag"],
    )
    @inject
    def put(self, request: Request, patient_id: UUID, update: Update, clock: TheClock) -> HttpResponse:
        """Replace a patient.

        Accepts the body of `view_patient`: read-only members are ignored, and `version` acts as `If-Match`. Optional
        members that are missing keep their values.
        """
        changes, errors = read_body_collecting(request, PatientSerializer, required=REQUIRED, ignore_read_only=True)
        return _update(request, patient_id, changes, errors, update, clock, expected_version(request, errors))

    @document_operation(
        "change_patient",
        Permission.UPDATE_PATIENTS,
        PatientSerializer,
        404,
        409,
        412,
        body=PatientSerializer(partial=True),
        parameters=[IF_MATCH],
        headers=["ETag"],
    )
    @inject
    def patch(self, request: Request, patient_id: UUID, update: Update, clock: TheClock) -> HttpResponse:
        """Change some members of a patient.

        A merge patch (RFC 7396): members that are missing keep their values.
        """
        return _update(
            request,
            patient_id,
            *read_body_collecting(request, PatientSerializer),
            update,
            clock,
        )

    @document_operation("erase_patient", Permission.ERASE_PATIENTS, None, 404, 412, status=204, parameters=[IF_MATCH])
    @inject
    def delete(
        self, request: Request, patient_id: UUID, erase: Annotated[use_cases.ErasePatient, Provide["erase_patient"]]
    ) -> HttpResponse:
        """Erase a patient and the values in the history.

        Cannot be undone. The history keeps who changed which members and when.
        """
        require_no_input(request)
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
    @document_operation("patient_history", Permission.VIEW_PATIENTS, HistorySerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        history: Annotated[use_cases.ViewHistory, Provide["view_history"]],
        name_actors: Annotated[NameActors, Provide["name_actors"]],
    ) -> HttpResponse:
        """List the changes to a patient.

        Newest first.
        """
        given = read_query(request.query_params, ["limit", "cursor"])
        if "cursor" in given:
            given["before_version"] = read_version_cursor(given.pop("cursor"))
        found = history(actor=actor(request), patient_id=patient_id, **cast("dict[str, int]", given))
        names = name_actors(actor=actor(request), names={event.actor for event in found.events})
        results = [event_json(event, names) for event in found.events]
        return page(request, results, cursor(found.next) if found.next else None)
