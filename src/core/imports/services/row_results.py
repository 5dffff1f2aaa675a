"""The results of importing rows."""

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from core.errors import Conflict, FieldError
from core.files import Reject, Row
from core.imports.entities import ImportRowOutcome
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.person_keys import email_keys, person_keys

_FIELDS: Mapping[type[Conflict], str] = {
    EmailTaken: "email",
    ExternalIdTaken: "external_id",
    IdentifierTaken: "identifiers",
}


@frozen
class CandidateRow:
    """A valid row, and the patient that it would register."""

    row: Row
    patient: Patient


@frozen
class RowResults:
    """The outcome of each row of a batch, and the rejects."""

    outcomes: list[ImportRowOutcome] = field(factory=list[ImportRowOutcome])
    rejects: list[Reject] = field(factory=list[Reject])

    def reject(self, row: Row, *errors: FieldError) -> None:
        self.outcomes.append(ImportRowOutcome.REJECTED)
        self.rejects.append(Reject(row.line, row.raw, errors, person_keys(row.values) | email_keys(row.raw)))

    def reject_conflict(self, row: Row, conflict: Conflict) -> None:
        self.reject(row, FieldError(_FIELDS.get(type(conflict), "row"), conflict.kind, str(conflict)))

    def reject_duplicate(self, row: Row, name: str) -> None:
        """Rejects a row that repeats a value of an earlier row. Only the message for an email says that it is the same
        file: an external id or an identifier may also belong to another patient."""
        if name == "email":
            self.reject(row, FieldError(name, "repeated", "An earlier row of this file has the same email."))
        else:
            self.reject_conflict(row, ExternalIdTaken() if name == "external_id" else IdentifierTaken())


@frozen
class ValidatedBatch:
    """The rows of a batch: valid ones are candidates, the others already have results."""

    rows: Sequence[Row]
    candidates: Sequence[CandidateRow]
    results: RowResults
