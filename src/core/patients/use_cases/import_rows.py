from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import cast
from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.errors import Conflict, Invalid
from core.jobs.entities import Job
from core.patients.audit import Action
from core.patients.entities import Changes, Patient, Registration, Rules
from core.patients.errors import EmailTaken, PatientNotFound
from core.patients.files import Row
from core.patients.imports import ImportOptions, RowOutcome, unique_keys
from core.patients.ports import ImportFiles, PatientRepository
from core.patients.use_cases.ledger import Ledger
from core.patients.use_cases.verdicts import Candidate, Judged, Verdicts
from core.ports import Clock, Ids


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

    def judge(self, rows: Iterable[Row]) -> Judged:
        """Asks no store. Ids sort as the rows stand in the file."""
        now, rules = self.clock.now(), self._rules
        judged, found, verdicts = list[Row](), list[Candidate](), Verdicts()
        for number, row in enumerate(rows, start=1):
            judged.append(row)
            at = now + timedelta(microseconds=number)
            try:
                values = cast("Registration", row.values)
                patient = Patient.register(self.ids.new(at), at, rules, **values)
            except Invalid as invalid:
                verdicts.reject(row, *row.with_faults(invalid.faults))
                continue
            if row.faults:
                verdicts.reject(row, *row.faults)
            else:
                found.append(Candidate(row, patient))
        return Judged(judged, found, verdicts)

    def apply(self, actor: Actor, job: Job, candidates: Sequence[Candidate], verdicts: Verdicts) -> None:
        """To be called within `Atomic`."""
        options = ImportOptions.of(job)
        if options.dry_run:
            candidates = self._first_in_file(job.id, candidates, verdicts)
        patients = [one.patient for one in candidates]
        refused = self.patients.conflicts(patients) if options.dry_run else self.ledger.enter_new(actor, patients)
        met: dict[UUID, list[Candidate]] = defaultdict(list)
        added = [one.patient.id for one in candidates if one.patient.id not in refused]
        verdicts.outcomes.extend([RowOutcome.ADDED] * len(added))
        if not options.dry_run:
            self.files.mark(job.id, [one.bytes for one in added])
        for one in candidates:
            conflict = refused.get(one.patient.id)
            if conflict is None:
                continue
            if isinstance(conflict, EmailTaken) and conflict.holder:
                met[conflict.holder].append(one)
            else:
                verdicts.refuse(one.row, conflict)
        self._meet(actor, job, met, verdicts)

    def _first_in_file(self, job_id: UUID, candidates: Sequence[Candidate], verdicts: Verdicts) -> list[Candidate]:
        """A dry run adds nobody, so what its rows would take has to be remembered."""
        keys = {one.row.line: {_digest(key): key[0] for key in unique_keys(one.patient)} for one in candidates}
        seen = self.files.seen(job_id, [digest for own in keys.values() for digest in own])
        marks: set[bytes] = set()
        first: list[Candidate] = []
        for one in candidates:
            own = keys[one.row.line]
            taken = [own[digest] for digest in own if digest in seen or digest in marks]
            if taken:
                verdicts.repeat(one.row, taken[0])
            else:
                marks.update(own)
                first.append(one)
        self.files.mark(job_id, marks)
        return first

    def _meet(self, actor: Actor, job: Job, met: Mapping[UUID, Sequence[Candidate]], verdicts: Verdicts) -> None:
        """Those whose email is that of a patient."""
        seen = self.files.seen(job.id, [holder_id.bytes for holder_id in met])
        holders = {holder.id: holder for holder in self.patients.get_all(met)}
        for holder_id, candidates in met.items():
            holder, first, rest = holders.get(holder_id), candidates[0], candidates[1:]
            if holder is None:  # erased a moment ago
                verdicts.refuse(first.row, EmailTaken())
            elif holder_id.bytes in seen:
                verdicts.repeat(first.row, "email")
            else:
                self._compare(actor, ImportOptions.of(job), first, holder, verdicts)
            for one in rest:
                verdicts.repeat(one.row, "email")
        self.files.mark(job.id, [holder_id.bytes for holder_id in met if holder_id.bytes not in seen])

    def _compare(
        self, actor: Actor, options: ImportOptions, one: Candidate, holder: Patient, verdicts: Verdicts
    ) -> None:
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
        except PatientNotFound:  # erased a moment ago
            verdicts.refuse(one.row, EmailTaken())

    @property
    def _rules(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region)


def _digest(key: tuple[str, str]) -> bytes:
    return blake2b("\0".join(key).encode(), digest_size=16).digest()
