"""What becomes of the rows of a file, as far as it is known."""

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from core.errors import Conflict, Fault
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.files import Reject, Row
from core.patients.imports import RowOutcome
from core.patients.person_keys import email_keys, person_keys

_FIELDS: Mapping[type[Conflict], str] = {
    EmailTaken: "email",
    ExternalIdTaken: "external_id",
    IdentifierTaken: "identifiers",
}


@frozen
class Candidate:
    """A row that keeps the rules, as the patient it would be."""

    row: Row
    patient: Patient


@frozen
class Verdicts:
    """What became of each row of a batch."""

    outcomes: list[RowOutcome] = field(factory=list[RowOutcome])
    rejects: list[Reject] = field(factory=list[Reject])

    def reject(self, row: Row, *faults: Fault) -> None:
        self.outcomes.append(RowOutcome.REJECTED)
        self.rejects.append(Reject(row.line, row.raw, faults, person_keys(row.values) | email_keys(row.raw)))

    def refuse(self, row: Row, conflict: Conflict) -> None:
        self.reject(row, Fault(_FIELDS.get(type(conflict), "row"), conflict.kind, str(conflict)))

    def repeat(self, row: Row, name: str) -> None:
        """An earlier row of the file has the same. It is told as what another patient has, but for the email: whose it
        is, is certain there."""
        if name == "email":
            self.reject(row, Fault(name, "repeated", "An earlier row of this file has the same email."))
        else:
            self.refuse(row, ExternalIdTaken() if name == "external_id" else IdentifierTaken())


@frozen
class Judged:
    """Rows of a file, of which those that keep the rules are candidates; of the others it is certain what becomes."""

    rows: Sequence[Row]
    candidates: Sequence[Candidate]
    verdicts: Verdicts
