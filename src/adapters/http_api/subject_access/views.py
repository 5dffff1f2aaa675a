from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.export import stream
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.subject_access.schemas import SubjectAccessSerializer
from core.access import Permission
from core.subject_access.use_cases import ExportSubjectAccess


class SubjectAccessView(APIView):
    @document_operation(
        "subject_access",
        Permission.SUBJECT_ACCESS,
        SubjectAccessSerializer,
        404,
        409,
        headers=["Content-Disposition"],
    )
    @inject
    def get(
        self,
        request: Request,
        patient_id: UUID,
        export: Annotated[ExportSubjectAccess, Provide["export_subject_access"]],
    ) -> StreamingHttpResponse:
        """Download everything that the registry has about a patient.

        For the person's right of access. Read it before you hand it over: contacts, reasons and other records can name
        other persons.
        """
        read_query(request.query_params, [])
        pieces = export(actor=actor(request), patient_id=patient_id)
        return stream(request, pieces, "application/json", "subject-access.json")
