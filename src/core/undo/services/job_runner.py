from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Actor
from core.errors import Conflict
from core.jobs.entities import Job
from core.jobs.ports import Runner
from core.jobs.services.leases import Allocation, Completion, Lease, LeaseManager
from core.patients.audit import Action, AuditEvent
from core.patients.entities import Patient
from core.patients.errors import PatientMerged, PatientNotFound
from core.patients.ports import DuplicateCheck
from core.patients.restoring import restore
from core.patients.services.eraser import Eraser
from core.patients.services.recorder import PatientRecorder
from core.ports import Clock
from core.undo.entities import UndoOptions, UndoOutcome, UndoResult
from core.undo.ports import JobChanges, PatientsForUndo, UndoResults


@frozen
class UndoRunner(Runner):
    """Takes back the changes of a job, chunk by chunk.

    Each field gets its former value, unless it was changed since. A patient that the job registered is erased, unless
    the record was changed since.
    """

    leases: LeaseManager
    patients: PatientsForUndo
    changes: JobChanges
    recorder: PatientRecorder
    eraser: Eraser
    duplicates: DuplicateCheck
    results: UndoResults
    clock: Clock
    chunk_size: int = field(default=100, kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        self.leases.work(job, self._run, stopping=stopping, allocate=self.allocate)

    def allocate(self, job: Job) -> Allocation | None:
        after = UUID(job.position) if job.position else None
        ids = self.changes.patients(UndoOptions.of(job).job_id, after=after, limit=self.chunk_size)
        return Allocation.of(ids, self.chunk_size)

    def _run(self, lease: Lease) -> None:
        job, ids = lease.job, lease.chunk.items
        actor = job.requester

        def work() -> Completion:
            now = self.clock.now()
            patients = self.patients.lock_all(ids)
            events = self.changes.of_patients(UndoOptions.of(job).job_id, ids)
            changed: list[tuple[Patient, Patient]] = []
            results: list[UndoResult] = []
            for patient_id in ids:
                patient = patients.get(patient_id)
                if patient is None or patient.merged_into:
                    reason = PatientMerged.kind if patient else PatientNotFound.kind
                    results.append(UndoResult(patient_id, UndoOutcome.SKIPPED, now, reason))
                elif events[patient_id][-1].action is Action.REGISTERED:
                    results.append(self._remove(actor, now, patient, events[patient_id]))
                else:
                    results.append(self._restore(actor, now, patient, events[patient_id], changed))
            self.duplicates.review_changed(changed)
            self.results.record(job.id, results)
            return Completion(Counter(result.outcome.value for result in results))

        self.leases.complete(lease, work)

    def _remove(self, actor: Actor, now: datetime, patient: Patient, events: Sequence[AuditEvent]) -> UndoResult:
        latest = events[0]
        if patient.version != latest.version:
            later = self.recorder.trail.history(patient.id, before_version=None, limit=patient.version - latest.version)
            kept = dict.fromkeys(name for event in reversed(later) for name in event.fields)
            return UndoResult(patient.id, UndoOutcome.UNCHANGED, now, kept=tuple(kept))
        self.eraser.erase(actor, now, patient)
        return UndoResult(patient.id, UndoOutcome.REMOVED, now)

    def _restore(
        self,
        actor: Actor,
        now: datetime,
        patient: Patient,
        events: Sequence[AuditEvent],
        changed: list[tuple[Patient, Patient]],
    ) -> UndoResult:
        """Adds the record before and after to `changed`."""
        restored, kept = _restored(patient, events)
        if restored == patient:
            return UndoResult(patient.id, UndoOutcome.UNCHANGED, now, kept=kept)
        after = evolve(restored, version=patient.version + 1, updated_at=now)
        try:
            self.recorder.save(Action.CHANGE_UNDONE, actor, now, before=patient, after=after)
        except Conflict as conflict:
            return UndoResult(patient.id, UndoOutcome.REFUSED, now, conflict.kind)
        changed.append((patient, after))
        return UndoResult(patient.id, UndoOutcome.RESTORED, now, kept=kept)


def _restored(patient: Patient, events: Sequence[AuditEvent]) -> tuple[Patient, tuple[str, ...]]:
    """The patient without the changes, and the fields that keep a later one. A field that is already as it was before
    is no conflict."""
    values, kept = patient.to_json(), dict[str, None]()
    restored = patient
    for event in events:
        if event.values:
            result = restore(restored, event.values.before, event.values.after)
            restored = result.patient
            before = event.values.before
            kept |= dict.fromkeys(name for name in result.kept if values[name] != before[name])
    return restored, tuple(kept)
