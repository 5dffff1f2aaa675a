from core.errors import Conflict, InvalidUpstreamResponse, NotFound, ValidationError


class NoUpstreamRecord(NotFound):
    kind = "no-external-data"
    message = "No external data found for patient"


class ExternalIdChanged(Conflict):
    kind = "external-id-changed"
    message = "The patient's external id changed while upstream was being asked. Sync again."


class InvalidUpstreamRecord(InvalidUpstreamResponse):
    """`ValidationError` tells which of upstream's values break which rules."""

    kind = "invalid-external-data"

    def __init__(self, errors: ValidationError) -> None:
        broken = ", ".join(f"{error.field} ({error.code})" for error in errors.errors)
        super().__init__(f"The upstream system's record breaks our rules: {broken}. Nothing was changed.")
