from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Actor
from core.errors import Conflict
from core.jobs.entities import Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.ports import Runner
from core.jobs.services.leases import Allocation, Completion, Lease, LeaseManager
from core.patients.audit import Action, AuditEvent
from core.patients.entities import Patient
from core.patients.errors import PatientMerged, PatientNotFound
from core.patients.ports import DuplicateCheck
from core.patients.restoring import restore
from core.patients.services.recorder import PatientRecorder
from core.ports import Clock
from core.sync.entities import SyncJobOutcome, SyncJobResult, SyncScope
from core.sync.ports import JobChanges, PatientsForSync, SyncJobResults


@frozen
class UndoRunner(Runner):
    """Takes back the changes of a sync job, chunk by chunk. A field that was changed since keeps that change."""

    leases: LeaseManager
    patients: PatientsForSync
    changes: JobChanges
    recorder: PatientRecorder
    duplicates: DuplicateCheck
    results: SyncJobResults
    clock: Clock
    chunk_size: int = field(default=100, kw_only=True)

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        while not stopping() and (lease := self.leases.claim(job.id, self.allocate)):
            with suppress(LeaseLost, JobEnded):
                self._run(lease)

    def allocate(self, job: Job) -> Allocation | None:
        after = UUID(job.position) if job.position else None
        ids = self.changes.patients(_undone(job), after=after, limit=self.chunk_size)
        return Allocation(ids, str(ids[-1]) if len(ids) == self.chunk_size else None) if ids else None

    def _run(self, lease: Lease) -> None:
        job, ids = lease.job, lease.chunk.items
        actor = Actor(job.actor, frozenset(), job.request_id, job.id)

        def work() -> Completion:
            now = self.clock.now()
            patients = self.patients.lock_all(ids)
            events = self.changes.of_patients(_undone(job), ids)
            changed: list[tuple[Patient, Patient]] = []
            results: list[SyncJobResult] = []
            for patient_id in ids:
                before = patients.get(patient_id)
                result, after = self._undo(actor, now, patient_id, before, events.get(patient_id, ()))
                results.append(result)
                if before and after:
                    changed.append((before, after))
            self.duplicates.review_changed(changed)
            self.results.record(job.id, results)
            return Completion(Counter(result.outcome.value for result in results))

        self.leases.complete(lease, work)

    def _undo(
        self, actor: Actor, now: datetime, patient_id: UUID, patient: Patient | None, events: Sequence[AuditEvent]
    ) -> tuple[SyncJobResult, Patient | None]:
        """The result, and the patient if it was changed."""
        if patient is None:
            return SyncJobResult(patient_id, SyncJobOutcome.SKIPPED, now, PatientNotFound.kind), None
        if patient.merged_into:
            return SyncJobResult(patient_id, SyncJobOutcome.SKIPPED, now, PatientMerged.kind), None
        restored, kept = _restored(patient, events)
        if restored == patient:
            return SyncJobResult(patient_id, SyncJobOutcome.UNCHANGED, now, conflicts=kept), None
        after = evolve(restored, version=patient.version + 1, updated_at=now)
        try:
            self.recorder.save(Action.SYNC_UNDONE, actor, now, before=patient, after=after)
        except Conflict as conflict:
            return SyncJobResult(patient_id, SyncJobOutcome.REFUSED, now, conflict.kind), None
        return SyncJobResult(patient_id, SyncJobOutcome.UPDATED, now, conflicts=kept), after


def _undone(job: Job) -> UUID:
    job_id = SyncScope.of(job).undoes
    assert job_id
    return job_id


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
