from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.parameters import read_pair
from adapters.http_api.patients.schemas import SwappedPatientsSerializer, SwapSerializer, swapped_json
from adapters.http_api.patients.search import TheClock
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.responses import document
from core.access import Permission
from core.patients.use_cases import SwapValues


class SwapView(APIView):
    @document_operation(
        "swap_values",
        Permission.UPDATE_PATIENTS,
        SwappedPatientsSerializer,
        404,
        409,
        412,
        body=SwapSerializer,
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        patient_id: UUID,
        swap: Annotated[SwapValues, Provide["swap_values"]],
        clock: TheClock,
    ) -> HttpResponse:
        """Exchange unique values of two patients.

        For an email, an external id or identifiers that were entered in each other's record. Both change, or neither.
        """
        given, errors = read_body_collecting(request, SwapSerializer, required=["other", "fields"])
        swapped = swap(
            actor=actor(request),
            patient_id=patient_id,
            fields=given.get("fields", ["email"]),
            reason=given.get("reason"),
            errors=errors,
            **read_pair(given, errors),
        )
        return document(swapped_json(swapped, clock.today()))
