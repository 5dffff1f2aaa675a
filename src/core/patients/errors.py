from uuid import UUID

from core.errors import Conflict, Gone, NotFound


class PatientNotFound(NotFound):
    kind = "patient-not-found"
    message = "There is no patient with this id."


class ChangesRestarted(Gone):
    kind = "changes-restarted"
    message = (
        "The registry has no such place among its changes: it was restored from a backup. "
        "Read every patient again, and follow the changes from their beginning, without a cursor."
    )


class CursorGone(Gone):
    kind = "cursor-gone"
    message = (
        "The patient that the page before ended with was changed or erased since, so its place in this order is lost. "
        "Begin the list again, without a cursor."
    )


class EmailTaken(Conflict):
    """`holder` is the patient who has the email, or None when that may not be told."""

    kind = "email-taken"
    message = "Another patient already has this email."

    def __init__(self, holder: UUID | None = None) -> None:
        super().__init__()
        self.holder = holder


class ExternalIdTaken(Conflict):
    kind = "external-id-taken"
    message = "Another patient already has this external id."


class IdentifierTaken(Conflict):
    kind = "identifier-taken"
    message = "Another patient already has one of these identifiers."


class PatientArchived(Conflict):
    kind = "patient-archived"
    message = "The patient is archived. Make the record inactive first; until then it can only be erased."


class StatusMoveRefused(Conflict):
    kind = "status-move-refused"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"A patient's status cannot move from {before} to {after}.")
