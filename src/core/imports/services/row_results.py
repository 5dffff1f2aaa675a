"""What becomes of the rows of a file, as far as it is known."""

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
    """A row that keeps the rules, as the patient it would be."""

    row: Row
    patient: Patient


@frozen
class RowResults:
    """What became of each row of a batch."""

    outcomes: list[ImportRowOutcome] = field(factory=list[ImportRowOutcome])
    rejects: list[Reject] = field(factory=list[Reject])

    def reject(self, row: Row, *errors: FieldError) -> None:
        self.outcomes.append(ImportRowOutcome.REJECTED)
        self.rejects.append(Reject(row.line, row.raw, errors, person_keys(row.values) | email_keys(row.raw)))

    def refuse(self, row: Row, conflict: Conflict) -> None:
        self.reject(row, FieldError(_FIELDS.get(type(conflict), "row"), conflict.kind, str(conflict)))

    def repeat(self, row: Row, name: str) -> None:
        """An earlier row of the file has the same. It is told as what another patient has, but for the email: whose it
        is, is certain there."""
        if name == "email":
            self.reject(row, FieldError(name, "repeated", "An earlier row of this file has the same email."))
        else:
            self.refuse(row, ExternalIdTaken() if name == "external_id" else IdentifierTaken())


@frozen
class ValidatedBatch:
    """Rows of a file, of which those that keep the rules are candidates; of the others it is certain what becomes."""

    rows: Sequence[Row]
    candidates: Sequence[CandidateRow]
    results: RowResults
