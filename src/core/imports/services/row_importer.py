from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import cast
from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.errors import Conflict, ValidationError
from core.files import Row
from core.imports.entities import ImportOptions, ImportRowOutcome, unique_keys
from core.imports.ports import ImportFiles, PatientsForImport
from core.imports.services.bulk_registrar import BulkRegistrar
from core.imports.services.row_results import CandidateRow, RowResults, ValidatedBatch
from core.jobs.entities import Job
from core.patients.audit import Action
from core.patients.entities import Changes, Patient, Registration, Rules
from core.patients.errors import EmailTaken, PatientNotFound
from core.patients.ports import PatientRepository
from core.patients.services.recorder import PatientRecorder
from core.ports import Clock, IdGenerator


@frozen
class RowImporter:
    """Registers rows by the rules of a registration. A row is a duplicate when an earlier one of the file, or another
    patient, has its email, external id or one of its identifiers. Where the patient who has the email says just what
    the row says, nothing is to be done; with `update`, that patient is changed to say it."""

    patients: PatientRepository
    patients_for_import: PatientsForImport
    files: ImportFiles
    registrar: BulkRegistrar
    recorder: PatientRecorder
    clock: Clock
    ids: IdGenerator
    phone_region: str

    def validate(self, rows: Iterable[Row]) -> ValidatedBatch:
        """Asks no store. Ids sort as the rows stand in the file."""
        now, rules = self.clock.now(), self._rules
        judged, found, results = list[Row](), list[CandidateRow](), RowResults()
        for number, row in enumerate(rows, start=1):
            judged.append(row)
            at = now + timedelta(microseconds=number)
            try:
                values = cast("Registration", row.values)
                patient = Patient.register(self.ids.new(at), at, rules, **values)
            except ValidationError as invalid:
                results.reject(row, *row.with_errors(invalid.errors))
                continue
            if row.errors:
                results.reject(row, *row.errors)
            else:
                found.append(CandidateRow(row, patient))
        return ValidatedBatch(judged, found, results)

    def apply(self, actor: Actor, job: Job, candidates: Sequence[CandidateRow], results: RowResults) -> None:
        """To be called within `Atomic`."""
        options = ImportOptions.of(job)
        if options.dry_run:
            candidates = self._first_in_file(job.id, candidates, results)
        patients = [one.patient for one in candidates]
        if options.dry_run:
            refused = self.patients_for_import.conflicts(patients)
        else:
            refused = self.registrar.register_all(actor, patients)
        met: dict[UUID, list[CandidateRow]] = defaultdict(list)
        added = [one.patient.id for one in candidates if one.patient.id not in refused]
        results.outcomes.extend([ImportRowOutcome.ADDED] * len(added))
        if not options.dry_run:
            self.files.mark(job.id, [one.bytes for one in added])
        for one in candidates:
            conflict = refused.get(one.patient.id)
            if conflict is None:
                continue
            if isinstance(conflict, EmailTaken) and conflict.holder:
                met[conflict.holder].append(one)
            else:
                results.refuse(one.row, conflict)
        self._meet(actor, job, met, results)

    def _first_in_file(
        self, job_id: UUID, candidates: Sequence[CandidateRow], results: RowResults
    ) -> list[CandidateRow]:
        """A dry run adds nobody, so what its rows would take has to be remembered."""
        keys = {one.row.line: {_digest(key): key[0] for key in unique_keys(one.patient)} for one in candidates}
        seen = self.files.seen(job_id, [digest for own in keys.values() for digest in own])
        marks: set[bytes] = set()
        first: list[CandidateRow] = []
        for one in candidates:
            own = keys[one.row.line]
            taken = [own[digest] for digest in own if digest in seen or digest in marks]
            if taken:
                results.repeat(one.row, taken[0])
            else:
                marks.update(own)
                first.append(one)
        self.files.mark(job_id, marks)
        return first

    def _meet(self, actor: Actor, job: Job, met: Mapping[UUID, Sequence[CandidateRow]], results: RowResults) -> None:
        """Those whose email is that of a patient."""
        seen = self.files.seen(job.id, [holder_id.bytes for holder_id in met])
        holders = {holder.id: holder for holder in self.patients_for_import.get_all(met)}
        for holder_id, candidates in met.items():
            holder, first, rest = holders.get(holder_id), candidates[0], candidates[1:]
            if holder is None:  # erased a moment ago
                results.refuse(first.row, EmailTaken())
            elif holder_id.bytes in seen:
                results.repeat(first.row, "email")
            else:
                self._compare(actor, ImportOptions.of(job), first, holder, results)
            for one in rest:
                results.repeat(one.row, "email")
        self.files.mark(job.id, [holder_id.bytes for holder_id in met if holder_id.bytes not in seen])

    def _compare(
        self, actor: Actor, options: ImportOptions, one: CandidateRow, holder: Patient, results: RowResults
    ) -> None:
        now = self.clock.now()
        values = cast("Changes", one.row.values)
        try:
            before = self.patients.lock(holder.id) if options.update and not options.dry_run else holder
            after = before.changed(now, self._rules, **values)
            if after is before:
                results.outcomes.append(ImportRowOutcome.UNCHANGED)
                return
            if not options.update:
                raise EmailTaken
            if options.dry_run:
                for conflict in self.patients_for_import.conflicts([after]).values():
                    raise conflict
            else:
                self.recorder.save(Action.UPDATED, actor, now, before=before, after=after)
            results.outcomes.append(ImportRowOutcome.UPDATED)
        except Conflict as conflict:
            results.refuse(one.row, conflict if options.update else EmailTaken())
        except PatientNotFound:  # erased a moment ago
            results.refuse(one.row, EmailTaken())

    @property
    def _rules(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region)


def _digest(key: tuple[str, str]) -> bytes:
    return blake2b("\0".join(key).encode(), digest_size=16).digest()
