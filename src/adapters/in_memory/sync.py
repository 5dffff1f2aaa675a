from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from attrs import frozen

from adapters.in_memory.store import Store
from core.matching.ports import UpstreamValues
from core.paging import Page, make_page
from core.sync.change_limits import HeldChange
from core.sync.entities import SyncJobResult
from core.sync.merge import UpstreamSnapshot
from core.sync.ports import HeldChanges, SyncJobResults, UpstreamSnapshots


@frozen
class InMemorySyncJobResults(SyncJobResults):
    store: Store

    def record(self, job_id: UUID, results: Iterable[SyncJobResult]) -> None:
        with self.store.lock:
            for result in results:
                if (job_id, result.patient_id) in self.store.sync_results:
                    raise ValueError("This patient has an outcome in the job already.")
                self.store.sync_results[job_id, result.patient_id] = result

    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[SyncJobResult]:
        with self.store.lock:
            found = [one for (job, _), one in self.store.sync_results.items() if job == job_id and one.needs_review]
        found.sort(key=lambda one: one.patient_id)
        rest = [one for one in found if after is None or after < one.patient_id]
        return make_page(rest, limit, lambda one: one.patient_id)


@frozen
class InMemoryHeldChanges(HeldChanges):
    store: Store

    def replace(self, job_id: UUID, changes: Iterable[HeldChange]) -> None:
        self.store.require_atomic()
        kept = {key: one for key, one in self.store.held_changes.items() if key[0] != job_id}
        added = {(job_id, one.patient_id): one for one in changes if one.patient_id in self.store.patients}
        self.store.held_changes = kept | added

    def get(self, job_id: UUID) -> tuple[HeldChange, ...]:
        with self.store.lock:
            found = [one for (job, _), one in self.store.held_changes.items() if job == job_id]
        return tuple(sorted(found, key=lambda one: one.patient_id))


@frozen
class InMemoryUpstreamSnapshots(UpstreamSnapshots, UpstreamValues):
    store: Store

    def get(self, patient_id: UUID) -> UpstreamSnapshot | None:
        with self.store.lock:
            return self.store.snapshots.get(patient_id)

    def get_many(self, ids: Collection[UUID]) -> dict[UUID, UpstreamSnapshot]:
        with self.store.lock:
            return {one: self.store.snapshots[one] for one in ids if one in self.store.snapshots}

    def save(self, snapshots: Mapping[UUID, UpstreamSnapshot]) -> None:
        with self.store.lock:
            self.store.snapshots.update(snapshots)

    def remove(self, patient_id: UUID) -> None:
        with self.store.lock:
            self.store.snapshots.pop(patient_id, None)

    def copy(self, source: UUID, target: UUID) -> None:
        if snapshot := self.get(source):
            self.save({target: snapshot})
