from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.schemas import (
    patient_json,
)
from adapters.http_api.patients.views import TheClock
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.requests import (
    require_no_input,
)
from adapters.http_api.rest.responses import document
from adapters.http_api.sync.schemas import SyncSerializer
from core.access import Permission
from core.ports import RateLimitScope
from core.sync import use_cases


class PatientSyncView(APIView):
    throttle_scope = RateLimitScope.SYNC

    @document_operation("sync_patient", SyncSerializer, 404, 409, 502)
    @inject
    def post(
        self,
        request: Request,
        patient_id: UUID,
        sync: Annotated[use_cases.SyncPatient, Provide["sync_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        require_no_input(request, Permission.SYNC_PATIENTS)
        result = sync(actor=actor(request), patient_id=patient_id)
        seconds = int(result.age.total_seconds())
        message = "Patient data synced successfully"
        if result.stale:
            message = f"{result.reason} This is the record as it stands, {seconds} s after upstream last answered."
        return document(
            {
                "message": message,
                "outcome": result.outcome,
                "stale": result.stale,
                "fetched_at": result.fetched_at,
                "age_seconds": seconds,
                "conflicts": result.conflicts,
                "patient": patient_json(result.patient, clock.today()),
            }
        )
