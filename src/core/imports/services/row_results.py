"""The results of importing rows."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from attrs import field, frozen

from core.errors import Conflict, FieldError
from core.files import Reject, Row
from core.imports.entities import ImportRowOutcome
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.person_keys import email_keys, person_keys, record_key

_FIELDS: Mapping[type[Conflict], str] = {
    EmailTaken: "email",
    ExternalIdTaken: "external_id",
    IdentifierTaken: "identifiers",
}
_SAME = {
    "email": "the same email",
    "external_id": "the same external id",
    "identifiers": "one of the same identifiers",
}


def field_of(conflict: Conflict) -> str:
    return _FIELDS.get(type(conflict), "row")


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

    def reject(
        self,
        row: Row,
        *errors: FieldError,
        outcome: ImportRowOutcome = ImportRowOutcome.REJECTED,
        records: Collection[UUID] = (),
    ) -> None:
        """`records` are certainly of the same person as the row."""
        keys = person_keys(row.values) | email_keys(row.raw) | frozenset(map(record_key, records))
        self.outcomes.append(outcome)
        self.rejects.append(Reject(row.line, row.raw, errors, keys))

    def reject_conflict(self, row: Row, conflict: Conflict) -> None:
        self.reject(row, FieldError(field_of(conflict), conflict.kind, str(conflict)))

    def reject_duplicate(self, row: Row, records: Collection[UUID]) -> None:
        error = FieldError("row", "duplicate", "Another patient or an earlier row is certainly the same person.")
        self.reject(row, error, outcome=ImportRowOutcome.DUPLICATE, records=records)

    def reject_repeated(self, row: Row, name: str) -> None:
        """Rejects a row that repeats a unique value of an earlier row, in the field `name`."""
        self.reject(row, FieldError(name, "repeated", f"An earlier row of this file has {_SAME[name]}."))


@frozen
class ValidatedBatch:
    """The rows of a batch: valid ones are candidates, the others already have results."""

    rows: Sequence[Row]
    candidates: Sequence[CandidateRow]
    results: RowResults
