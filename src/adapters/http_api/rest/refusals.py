from dependency_injector.wiring import Provide, inject
from rest_framework.request import Request

from adapters.http_api.rest.authentication import actor, handler
from core.access_log.entities import AccessAction
from core.access_log.use_cases import RecordAccess


@inject
def record_refusal(request: Request, record: RecordAccess = Provide["record_access"]) -> None:
    """Enters a call that the actor is not allowed to make in the access log."""
    operation = getattr(handler(request), "operation", "")
    patient_id = request.parser_context["kwargs"].get("patient_id")
    record(actor=actor(request), action=AccessAction.REFUSED, patient_id=patient_id, detail=operation)
