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
from core.imports.services.row_results import CandidateRow, RowResults, ValidatedBatch, field_of
from core.jobs.entities import Job
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound, UniqueValueTaken
from core.patients.fields import Changes, Registration
from core.patients.ports import DuplicateCheck, PatientRepository
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.ports import Clock, IdGenerator

_Taken = tuple[CandidateRow, UniqueValueTaken]


@frozen
class RowImporter:
    """Registers rows by the rules of a registration.

    Another patient can have the email, the external id or a unique identifier of a row. If that patient has the same
    values, the row is unchanged; with `update`, the patient is updated. A row is rejected if an earlier one has such a
    value, and it is a duplicate if a patient or an earlier row is certainly the same person. Patients who may be the
    same person are queued for review.
    """

    patients: PatientRepository
    patients_for_import: PatientsForImport
    files: ImportFiles
    registrar: BulkRegistrar
    recorder: PatientRecorder
    duplicates: DuplicateCheck
    clock: Clock
    ids: IdGenerator
    rules: CurrentRules

    def validate(self, rows: Iterable[Row]) -> ValidatedBatch:
        """Needs no store. Ids sort in the order of the rows."""
        now, rules = self.clock.now(), self.rules()
        all_rows, candidates, results = list[Row](), list[CandidateRow](), RowResults()
        for number, row in enumerate(rows, start=1):
            all_rows.append(row)
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
                candidates.append(CandidateRow(row, patient))
        return ValidatedBatch(all_rows, candidates, results)

    def apply(self, actor: Actor, job: Job, candidates: Sequence[CandidateRow], results: RowResults) -> None:
        """Call it within `Atomic`."""
        options = ImportOptions.of(job)
        if options.dry_run:
            candidates = self._first_in_file(job.id, candidates, results)
        patients = [candidate.patient for candidate in candidates]
        conflicts = self.patients_for_import.conflicts(patients)
        found = self.duplicates.find_new([patient for patient in patients if patient.id not in conflicts])
        certain = found.certain
        new = [patient for patient in patients if patient.id not in conflicts and patient.id not in certain]
        if not options.dry_run:
            conflicts |= self.registrar.register_all(actor, new)
        added = {patient.id for patient in new if patient.id not in conflicts}
        results.outcomes.extend([ImportRowOutcome.ADDED] * len(added))
        if not options.dry_run:
            found.queue(added)
            self.files.mark(job.id, [patient_id.bytes for patient_id in added])
        by_holder: dict[UUID, list[_Taken]] = defaultdict(list)
        for candidate in candidates:
            conflict = conflicts.get(candidate.patient.id)
            if candidate.patient.id in certain:
                results.reject_duplicate(candidate.row, certain[candidate.patient.id])
            elif isinstance(conflict, UniqueValueTaken) and conflict.holder:
                by_holder[conflict.holder].append((candidate, conflict))
            elif conflict:
                results.reject_conflict(candidate.row, conflict)
        self._apply_to_holders(actor, job, by_holder, results)

    def _first_in_file(
        self, job_id: UUID, candidates: Sequence[CandidateRow], results: RowResults
    ) -> list[CandidateRow]:
        """Rejects repeated unique values. A dry run adds no patients, so it marks the values of its rows instead."""
        systems = self.rules().identifier_systems
        keys = {
            candidate.row.line: {_digest(key): key[0] for key in unique_keys(candidate.patient, systems)}
            for candidate in candidates
        }
        seen = self.files.seen(job_id, [digest for own in keys.values() for digest in own])
        marks: set[bytes] = set()
        first: list[CandidateRow] = []
        for candidate in candidates:
            own = keys[candidate.row.line]
            repeated = [own[digest] for digest in own if digest in seen or digest in marks]
            if repeated:
                results.reject_repeated(candidate.row, repeated[0])
            else:
                marks.update(own)
                first.append(candidate)
        self.files.mark(job_id, marks)
        return first

    def _apply_to_holders(
        self, actor: Actor, job: Job, by_holder: Mapping[UUID, Sequence[_Taken]], results: RowResults
    ) -> None:
        """Compares rows with the patients that have their unique values."""
        seen = self.files.seen(job.id, [holder_id.bytes for holder_id in by_holder])
        holders = {holder.id: holder for holder in self.patients_for_import.get_all(by_holder)}
        for holder_id, taken in by_holder.items():
            holder, (first, conflict), rest = holders.get(holder_id), taken[0], taken[1:]
            if holder is None:  # erased concurrently
                results.reject_conflict(first.row, conflict)
            elif holder_id.bytes in seen:
                results.reject_repeated(first.row, field_of(conflict))
            else:
                self._compare(actor, ImportOptions.of(job), first, holder, conflict, results)
            for candidate, repeated in rest:
                results.reject_repeated(candidate.row, field_of(repeated))
        self.files.mark(job.id, [holder_id.bytes for holder_id in by_holder if holder_id.bytes not in seen])

    def _compare(
        self,
        actor: Actor,
        options: ImportOptions,
        candidate: CandidateRow,
        holder: Patient,
        taken: UniqueValueTaken,
        results: RowResults,
    ) -> None:
        now = self.clock.now()
        values = cast("Changes", candidate.row.values)
        try:
            before = self.patients.lock(holder.id) if options.update and not options.dry_run else holder
            after = before.changed(now, self.rules(), **values)
            if after is before:
                results.outcomes.append(ImportRowOutcome.UNCHANGED)
                return
            if not options.update:
                raise taken
            if options.dry_run:
                for conflict in self.patients_for_import.conflicts([after]).values():
                    raise conflict
            else:
                self.recorder.save(Action.UPDATED, actor, now, before=before, after=after)
                self.duplicates.review_changed([(before, after)])
            results.outcomes.append(ImportRowOutcome.UPDATED)
        except Conflict as conflict:
            results.reject_conflict(candidate.row, conflict if options.update else taken)
        except PatientNotFound:  # erased concurrently
            results.reject_conflict(candidate.row, taken)
        except ValidationError as invalid:  # valid by itself, but not together with the rest of the record
            results.reject(candidate.row, *invalid.errors)


def _digest(key: tuple[str, str]) -> bytes:
    return blake2b("\0".join(key).encode(), digest_size=16).digest()
