from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse, QueryDict
from rest_framework.request import Request

from adapters.fhir_api.bundles import search_bundle
from adapters.fhir_api.parameters import FORMAT, read_search
from adapters.fhir_api.reading import by_path, read_patient
from adapters.fhir_api.search import Search, by_parameter
from adapters.fhir_api.view import FhirView, expected_version, interaction, patient_response, resource
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.cursors import record_cursor
from adapters.http_api.rest.preconditions import PreconditionFailed
from adapters.http_api.rest.queries import read_query
from core.access import Actor, Permission
from core.errors import FieldError, Gone, ValidationError, VersionMismatch
from core.patients import use_cases
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound, UniqueValueTaken
from core.patients.search import PatientCursor, PatientPage
from core.patients.values import Status
from core.values import MAX_PER_PAGE

SearchPatients = Annotated[use_cases.SearchPatients, Provide["search_patients"]]
ViewPatient = Annotated[use_cases.ViewPatient, Provide["view_patient"]]
ViewHistory = Annotated[use_cases.ViewHistory, Provide["view_history"]]


ERASED = "The patient was erased."


class PatientsView(FhirView):
    @interaction("fhir_search", Permission.VIEW_PATIENTS)
    @inject
    def get(self, request: Request, search: SearchPatients) -> HttpResponse:
        wanted = read_search(request.query_params, lenient="handling=lenient" in request.headers.get("Prefer", ""))
        found = _find(actor(request), wanted, search)
        return resource(request, search_bundle(request, wanted, found, _cursor(found.next)))

    @interaction("fhir_create", Permission.REGISTER_PATIENTS)
    @inject
    def post(
        self,
        request: Request,
        register: Annotated[use_cases.RegisterPatient, Provide["register_patient"]],
        search: SearchPatients,
    ) -> HttpResponse:
        """With `If-None-Exist`, a patient that matches is returned instead, also if another request registers it at the
        same time."""
        read_query(request.query_params, FORMAT)
        condition = request.headers.get("If-None-Exist")
        existing = _existing(actor(request), condition, search)
        if existing:
            return patient_response(request, existing)
        given = read_patient(request.data)
        if given.active is False:
            given.fields["status"] = Status.INACTIVE
        try:
            return patient_response(request, register(actor=actor(request), **given.fields), status=201)
        except ValidationError as error:
            raise by_path(error) from None
        except UniqueValueTaken:
            existing = _existing(actor(request), condition, search)
            if not existing:
                raise
            return patient_response(request, existing)


class PatientView(FhirView):
    @interaction("fhir_read", Permission.VIEW_PATIENTS)
    @inject
    def get(self, request: Request, patient_id: UUID, view: ViewPatient, history: ViewHistory) -> HttpResponse:
        read_query(request.query_params, FORMAT)
        try:
            return patient_response(request, view(actor=actor(request), patient_id=patient_id))
        except PatientNotFound:
            if history(actor=actor(request), patient_id=patient_id, limit=1).events[0].action is Action.ERASED:
                raise Gone(ERASED) from None
            raise

    @interaction("fhir_update", Permission.UPDATE_PATIENTS)
    @inject
    def put(
        self,
        request: Request,
        patient_id: UUID,
        view: ViewPatient,
        update: Annotated[use_cases.UpdatePatient, Provide["update_patient"]],
    ) -> HttpResponse:
        """Elements that are missing are emptied. `active` makes an active record inactive, or the other way round; an
        archived record stays archived without it."""
        read_query(request.query_params, FORMAT)
        version, given = expected_version(request), read_patient(request.data)
        if (given.id or "").lower() != str(patient_id):
            raise ValidationError([FieldError("Patient.id", "invalid", "Must be the id in the address.")])
        if given.active:
            given.fields["status"] = Status.ACTIVE
        elif given.active is False:
            current = view(actor=actor(request), patient_id=patient_id)
            if current.status is Status.ACTIVE:
                given.fields["status"], version = Status.INACTIVE, version or current.version
        try:
            patient = update(actor=actor(request), patient_id=patient_id, expected_version=version, **given.fields)
        except ValidationError as error:
            raise by_path(error) from None
        return patient_response(request, patient)

    @interaction("fhir_delete", Permission.ERASE_PATIENTS)
    @inject
    def delete(
        self, request: Request, patient_id: UUID, erase: Annotated[use_cases.ErasePatient, Provide["erase_patient"]]
    ) -> HttpResponse:
        """Erases the patient and the values in the history."""
        read_query(request.query_params, FORMAT)
        version = expected_version(request)

        def check(patient: Patient) -> None:
            if version not in (None, patient.version):
                raise VersionMismatch

        erase(actor=actor(request), patient_id=patient_id, check=check)
        return HttpResponse(status=204)


def _find(actor: Actor, wanted: Search, search: use_cases.SearchPatients) -> PatientPage:
    try:
        return search(actor=actor, count=wanted.total or wanted.summary, **wanted.as_filters())
    except ValidationError as error:
        raise by_parameter(error) from None


def _cursor(last: PatientCursor | None) -> str | None:
    return record_cursor(last.id, last.version) if last else None


def _existing(actor: Actor, condition: str | None, search: use_cases.SearchPatients) -> Patient | None:
    """The only patient that the condition of a conditional create finds. Raises `ValidationError`,
    `PreconditionFailed`."""
    if condition is None:
        return None
    wanted = read_search(QueryDict(condition.partition("?")[2] or condition))
    if wanted.filters.keys() <= {"limit", "sort"}:
        raise ValidationError([FieldError("If-None-Exist", "required", "Must have a search parameter.")])
    wanted.filters["limit"] = MAX_PER_PAGE
    patients = wanted.selected(_find(actor, wanted, search).patients)
    if len(patients) > 1:
        raise PreconditionFailed("Several patients match If-None-Exist.")
    return patients[0] if patients else None
