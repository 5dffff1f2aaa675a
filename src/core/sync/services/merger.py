from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor
from core.errors import Conflict
from core.patients.audit import Action
from core.patients.entities import Patient, Rules
from core.patients.errors import PatientNotFound
from core.patients.ports import PatientRepository
from core.patients.services.recorder import PatientRecorder
from core.ports import Clock
from core.sync.errors import ExternalIdChanged
from core.sync.merge import SyncOutcome, SyncResult, UpstreamSnapshot, merge, snapshot_for
from core.sync.ports import UpstreamSnapshots


@frozen
class FetchedRecord:
    """What upstream said of the patient when asked for its `external_id`: `values` are normalised."""

    patient_id: UUID
    external_id: str
    values: Mapping[str, str]
    requested_at: datetime


MergeResult = SyncResult | Conflict | PatientNotFound


@frozen
class Merger:
    """Merges what upstream said into the records, as `SyncPatient` tells."""

    patients: PatientRepository
    snapshots: UpstreamSnapshots
    recorder: PatientRecorder
    clock: Clock
    phone_region: str

    @property
    def rules(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region)

    def apply(self, actor: Actor, said: Sequence[FetchedRecord]) -> dict[UUID, MergeResult]:
        """What came of each, which is independent of the others; a record that is refused stays as it is. To be called
        within `Atomic`: every record is locked until it ends."""
        ids = [one.patient_id for one in said]
        locked = self.patients.lock_all(ids)
        snapshots = self.snapshots.get_many(ids)
        results: dict[UUID, MergeResult] = {}
        fresh: dict[UUID, UpstreamSnapshot] = {}
        unchanged: dict[datetime, list[UUID]] = defaultdict(list)
        for one in said:
            patient_id = one.patient_id
            try:
                before = self._current(one, locked.get(patient_id))
                base = snapshot_for(snapshots.get(patient_id), before)
                result = results[patient_id] = self._merged(actor, one, before, base)
            except (Conflict, PatientNotFound) as refused:
                results[patient_id] = refused
                continue
            if result.fetched_at != one.requested_at:
                continue
            values = {**(base.values if base else {}), **one.values}
            fresh[patient_id] = UpstreamSnapshot(one.external_id, values, one.requested_at)
            if result.outcome is SyncOutcome.UNCHANGED:
                unchanged[one.requested_at].append(patient_id)
        self.snapshots.save(fresh)
        for requested_at, these in unchanged.items():
            self.patients.mark_synced(these, requested_at)
        return results

    def _current(self, said: FetchedRecord, patient: Patient | None) -> Patient:
        if patient is None:
            raise PatientNotFound
        patient.ensure_not_archived()
        if patient.external_id != said.external_id:
            raise ExternalIdChanged
        return patient

    def _merged(self, actor: Actor, said: FetchedRecord, before: Patient, base: UpstreamSnapshot | None) -> SyncResult:
        now = self.clock.now()
        if base and base.requested_at > said.requested_at:
            return SyncResult(before, SyncOutcome.UNCHANGED, base.requested_at, base.age(now))
        merged = merge(before.to_json(), base.values if base else {}, said.values)
        changed = before.changed(now, self.rules, **merged.changes)
        after = evolve(changed, last_synced_at=said.requested_at)
        age = max(now - said.requested_at, timedelta())
        if changed is before:
            return SyncResult(after, SyncOutcome.UNCHANGED, said.requested_at, age, merged.conflicts)
        self.recorder.save(Action.SYNCED, actor, now, before=before, after=after)
        return SyncResult(after, SyncOutcome.UPDATED, said.requested_at, age, merged.conflicts)
