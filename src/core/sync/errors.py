from core.errors import Conflict, InvalidUpstreamResponse, NotFound, ValidationError


class NoUpstreamRecord(NotFound):
    kind = "no-external-data"
    message = "No external data found for patient"


class ExternalIdChanged(Conflict):
    kind = "external-id-changed"
    message = "The patient's external id changed during the sync. Sync again."


class InvalidUpstreamRecord(InvalidUpstreamResponse):
    """Raised from the `ValidationError` that lists the invalid values."""

    kind = "invalid-external-data"

    def __init__(self, errors: ValidationError) -> None:
        broken = ", ".join(f"{error.field} ({error.code})" for error in errors.errors)
        super().__init__(f"The upstream record is invalid: {broken}. Nothing was changed.")


class WrongUpstreamRecord(InvalidUpstreamResponse):
    kind = "wrong-external-data"
    message = "The upstream record is about somebody else: its id or its identifiers differ. Nothing was changed."


class EmptyUpstreamRecord(InvalidUpstreamResponse):
    kind = "empty-external-data"
    message = "The upstream record has none of the fields to sync. Nothing was changed."
