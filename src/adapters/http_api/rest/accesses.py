from uuid import UUID

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
    """Enters in the access log that a call was refused, or which patients an error names."""
    operation, named = getattr(handler(request), "operation", ""), list[UUID]()
    if isinstance(error, Forbidden) and not isinstance(error, PasswordChangeRequired):
        patient_id = request.parser_context["kwargs"].get("patient_id")
        record(actor=actor(request), action=AccessAction.REFUSED, patient_id=patient_id, detail=operation)
    if isinstance(error, PossibleDuplicate):
        named = [candidate.patient.id for candidate in error.candidates]
    if isinstance(error, UniqueValueTaken) and error.holder:
        named = [error.holder]
    for patient_id in named:
        record(actor=actor(request), action=AccessAction.PATIENTS_MATCHED, patient_id=patient_id, detail=operation)
