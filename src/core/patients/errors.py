from uuid import UUID

from core.errors import Conflict, Gone, NotFound


class PatientNotFound(NotFound):
    kind = "patient-not-found"
    message = "There is no patient with this id."


class ChangesRestarted(Gone):
    kind = "changes-restarted"
    message = (
        "This cursor is no longer valid: the registry was restored from a backup. "
        "Read every patient again, then follow the changes from the beginning, without a cursor."
    )


class CursorGone(Gone):
    kind = "cursor-gone"
    message = (
        "The last patient of the previous page was changed or erased, so its position in this order is lost. "
        "Start again from the first page, without a cursor."
    )


class UniqueValueTaken(Conflict):
    """`holder` is the patient with this value, or None if the actor may not see it."""

    def __init__(self, holder: UUID | None = None) -> None:
        super().__init__()
        self.holder = holder


class EmailTaken(UniqueValueTaken):
    kind = "email-taken"
    message = "Another patient already has this email."


class ExternalIdTaken(UniqueValueTaken):
    kind = "external-id-taken"
    message = "Another patient already has this external id."


class IdentifierTaken(UniqueValueTaken):
    kind = "identifier-taken"
    message = "Another patient already has one of these identifiers."


class PatientArchived(Conflict):
    kind = "patient-archived"
    message = "The patient is archived. Make the record inactive first. An archived record can only be erased."


class PatientMerged(Conflict):
    """`survivor` is the patient that the record was merged into."""

    kind = "patient-merged"
    message = "The record was merged into another patient's. Use that one."

    def __init__(self, survivor: UUID) -> None:
        super().__init__()
        self.survivor = survivor


class StatusMoveRefused(Conflict):
    kind = "status-move-refused"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"A patient's status cannot move from {before} to {after}.")
