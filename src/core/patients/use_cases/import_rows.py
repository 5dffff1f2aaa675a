from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import cast
from uuid import UUID

from attrs import field, frozen

from core.access import Actor
from core.errors import Conflict, Fault, Invalid
from core.patients.audit import Action
from core.patients.entities import Changes, Patient, Registration, Rules
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.files import Reject, Row
from core.patients.imports import ImportOptions, RowOutcome, unique_keys
from core.patients.ports import ImportFiles, PatientRepository
from core.patients.use_cases.ledger import Ledger
from core.ports import Clock, Ids

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
        self.rejects.append(Reject(row.line, row.raw, faults))

    def refuse(self, row: Row, conflict: Conflict) -> None:
        self.reject(row, Fault(_FIELDS.get(type(conflict), "row"), conflict.kind, str(conflict)))


@frozen
class RowImporter:
    """Registers rows by the rules of a registration. A row is a duplicate when an earlier one of the file, or another
    patient, has its email, external id or one of its identifiers. Where the patient who has the email says just what
    the row says, nothing is to be done; with `update`, that patient is changed to say it."""

    patients: PatientRepository
    files: ImportFiles
    ledger: Ledger
    clock: Clock
    ids: Ids
    phone_region: str

    def judge(self, rows: Iterable[Row], verdicts: Verdicts) -> list[Candidate]:
        """Those that keep the rules; the others are rejected. Ids sort as the rows stand in the file."""
        now = self.clock.now()
        found: list[Candidate] = []
        for number, row in enumerate(rows):
            if row.faults:
                verdicts.reject(row, *row.faults)
                continue
            at = now + timedelta(microseconds=number)
            try:
                values = cast("Registration", row.values)
                found.append(Candidate(row, Patient.register(self.ids.new(at), at, self._rules, **values)))
            except Invalid as invalid:
                verdicts.reject(row, *invalid.faults)
        return found

    def apply(
        self, actor: Actor, job_id: UUID, options: ImportOptions, candidates: Sequence[Candidate], verdicts: Verdicts
    ) -> None:
        """To be called within `Atomic`."""
        first = self._first_in_file(job_id, candidates, verdicts)
        holders = self.patients.by_email([one.patient.email for one in first])
        for one in first:
            if one.patient.email in holders:
                self._meet(actor, options, one, holders[one.patient.email], verdicts)
        new = [one for one in first if one.patient.email not in holders]
        patients = [one.patient for one in new]
        refused = self.patients.conflicts(patients) if options.dry_run else self.ledger.enter_new(actor, patients)
        for one in new:
            if one.patient.id in refused:
                verdicts.refuse(one.row, refused[one.patient.id])
            else:
                verdicts.outcomes.append(RowOutcome.ADDED)

    def _first_in_file(self, job_id: UUID, candidates: Sequence[Candidate], verdicts: Verdicts) -> list[Candidate]:
        keys = {one.row.line: {_digest(key): key for key in unique_keys(one.patient)} for one in candidates}
        known = self.files.lines_of(job_id, [digest for digests in keys.values() for digest in digests])
        marks: dict[bytes, int] = {}
        first: list[Candidate] = []
        for one in candidates:
            own = keys[one.row.line]
            lines = {digest: marks.get(digest) or known.get(digest) for digest in own}
            faults = [
                Fault(own[digest][0], "repeated", f"Line {line} of this file has the same {own[digest][0]}.")
                for digest, line in lines.items()
                if line
            ]
            if faults:
                verdicts.reject(one.row, *faults)
            else:
                marks.update(dict.fromkeys(own, one.row.line))
                first.append(one)
        self.files.mark(job_id, marks)
        return first

    def _meet(self, actor: Actor, options: ImportOptions, one: Candidate, holder: Patient, verdicts: Verdicts) -> None:
        """The row's email is that of `holder`."""
        now = self.clock.now()
        values = cast("Changes", one.row.values)
        try:
            before = self.patients.lock(holder.id) if options.update and not options.dry_run else holder
            after = before.changed(now, self._rules, **values)
            if after is before:
                verdicts.outcomes.append(RowOutcome.UNCHANGED)
                return
            if not options.update:
                raise EmailTaken
            if options.dry_run:
                for conflict in self.patients.conflicts([after]).values():
                    raise conflict
            else:
                self.ledger.enter(Action.UPDATED, actor, now, before=before, after=after)
            verdicts.outcomes.append(RowOutcome.UPDATED)
        except Conflict as conflict:
            verdicts.refuse(one.row, conflict if options.update else EmailTaken())

    @property
    def _rules(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region)


def _digest(key: tuple[str, str]) -> bytes:
    return blake2b("\0".join(key).encode(), digest_size=16).digest()
