from dependency_injector.wiring import Provide, inject
from rest_framework.request import Request

from adapters.http_api.rest.authentication import actor, handler
from core.access_log.entities import AccessAction
from core.access_log.use_cases import RecordAccess
from core.accounts.errors import PasswordChangeRequired
from core.errors import Forbidden, RegistryError
from core.matching.errors import PossibleDuplicate
from core.patients.errors import UniqueValueTaken


@inject
def record_error(request: Request, error: RegistryError, record: RecordAccess = Provide["record_access"]) -> None:
    """Enters in the access log that a call was refused, or which patients an error tells about."""
    operation = getattr(handler(request), "operation", "")
    if isinstance(error, Forbidden) and not isinstance(error, PasswordChangeRequired):
        patient_id = request.parser_context["kwargs"].get("patient_id")
        record(actor=actor(request), action=AccessAction.REFUSED, patient_id=patient_id, detail=operation)
    if isinstance(error, PossibleDuplicate):
        for candidate in error.candidates:
            matched, seen = AccessAction.PATIENTS_MATCHED, candidate.patient.id
            record(actor=actor(request), action=matched, patient_id=seen, detail=operation)
    if isinstance(error, UniqueValueTaken) and error.holder:
        matched = AccessAction.PATIENTS_MATCHED
        record(actor=actor(request), action=matched, patient_id=error.holder, detail=operation)
