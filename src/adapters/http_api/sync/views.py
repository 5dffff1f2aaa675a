from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.patients.search import TheClock
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import require_no_input
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.responses import document
from adapters.http_api.sync.schemas import SyncSerializer, sync_json
from core.access import Permission
from core.ports import RateLimitScope
from core.sync import use_cases


class PatientSyncView(APIView):
    throttle_scope = RateLimitScope.SYNC

    @document_operation("sync_patient", Permission.SYNC_PATIENTS, SyncSerializer, 404, 409, 502)
    @inject
    def post(
        self,
        request: Request,
        patient_id: UUID,
        sync: Annotated[use_cases.SyncPatient, Provide["sync_patient"]],
        clock: TheClock,
    ) -> HttpResponse:
        """Sync a patient with the upstream.

        If the upstream does not answer, the response is the stored record with `stale` set.
        """
        require_no_input(request)
        result = sync(actor=actor(request), patient_id=patient_id)
        return document(sync_json(result, clock.today()))
