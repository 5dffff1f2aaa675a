from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.parameters import FIELDS, IDS
from adapters.http_api.patients.record import (
    CompleteRegistrationSerializer,
    PatientSerializer,
    RegistrationSerializer,
    patient_document,
)
from adapters.http_api.patients.schemas import FiltersSerializer, PatientPageSerializer, SearchSerializer
from adapters.http_api.patients.search import Search, TheClock, search_page
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import expected_version, names, read_body_collecting, require_no_input
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, IF_MATCH, IF_NONE_MATCH, document_operation
from adapters.http_api.rest.preconditions import Preconditions
from adapters.http_api.rest.queries import read_query, read_query_collecting
from core.access import Permission
from core.errors import ErrorCollector
from core.patients import use_cases
from core.patients.fields import Changes, Registration
from core.ports import Clock

Update = Annotated[use_cases.UpdatePatient, Provide["update_patient"]]

_REPLACED = ("first_name", "last_name", "email", "date_of_birth")  # what a PUT must name, null included


class PatientsView(APIView):
    @document_operation(
        "list_patients",
        Permission.VIEW_PATIENTS,
        PatientPageSerializer,
        410,
        parameters=[FiltersSerializer, IDS, FIELDS, CURSOR],
    )
    @inject
    def get(self, request: Request, search: Search, clock: TheClock) -> HttpResponse:
        """List and search patients.

        All filters must match. Values in an address can end up in logs: `search_patients` takes them in the body.
        """
        return search_page(
            request, *read_query_collecting(request.query_params, names(SearchSerializer)), search, clock
        )

    @document_operation(
        "register_patient",
        Permission.REGISTER_PATIENTS,
        PatientSerializer,
        409,
        status=201,
        body=RegistrationSerializer,
        headers=["ETag", "Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        register: Annotated[use_cases.RegisterPatient, Provide["register_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        """Register a patient.

        The email, the external id and each identifier in a unique system must be unique. If the registry certainly has
        a record of the person, the problem `possible-duplicate` names it; `override_reason` registers them anyway.
        """
        details, errors = read_body_collecting(request, CompleteRegistrationSerializer)
        patient = register(actor=actor(request), errors=errors, **cast("Registration", details))
        location = request.build_absolute_uri(f"/api/v1/patients/{patient.id}/")
        return patient_document(request, patient, clock.today(), status=201, headers={"Location": location})


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
        changes, errors = read_body_collecting(request, PatientSerializer, required=_REPLACED, ignore_read_only=True)
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
        repeatable=True,
    )
    @once
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
