from datetime import timedelta
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import Unavailable
from core.patients.ports import PatientRepository
from core.ports import Atomic, Clock
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import SyncOutcome, SyncResult, snapshot_for
from core.sync.ports import PatientGateway, UpstreamSnapshots
from core.sync.services.merger import FetchedRecord, Merger


@frozen
class SyncPatient:
    """Fetches a patient from upstream and merges the changes into the record, field by field (see `merge`).

    Upstream is called before the record is locked. A response to an older request than the one already applied is
    ignored. A sync without changes updates `last_synced_at` only. While upstream is unavailable, the current record is
    returned as stale if the last good copy is not older than `max_stale`.

    Raises `Forbidden`, `PatientNotFound`, `PatientArchived`, `NoUpstreamRecord`, `InvalidUpstreamResponse`,
    `RateLimited`, `Unavailable`, `EmailTaken`, `ExternalIdChanged`. After an error the record is unchanged.
    """

    patients: PatientRepository
    snapshots: UpstreamSnapshots
    gateway: PatientGateway
    merger: Merger
    atomic: Atomic
    clock: Clock
    max_stale: timedelta

    def __call__(self, *, actor: Actor, patient_id: UUID) -> SyncResult:
        actor.require(Permission.SYNC_PATIENTS)
        patient = self.patients.get(patient_id)
        patient.ensure_not_archived()
        if patient.external_id is None:
            raise NoUpstreamRecord
        requested_at = self.clock.now()
        try:
            answer = self.gateway.fetch(patient.external_id, request_id=actor.request_id)
        except Unavailable as unavailable:
            return self._stale(patient_id, unavailable)
        if answer is None:
            raise NoUpstreamRecord
        values = self.merger.normalize(answer.document)
        record = FetchedRecord(patient_id, patient.external_id, values, requested_at - answer.requested_before)
        merged = self.atomic(lambda: self.merger.apply(actor, [record]))[patient_id]
        if isinstance(merged, Exception):
            raise merged
        return merged

    def _stale(self, patient_id: UUID, unavailable: Unavailable) -> SyncResult:
        patient = self.patients.get(patient_id)
        patient.ensure_not_archived()
        snapshot = snapshot_for(self.snapshots.get(patient_id), patient)
        if snapshot is None:
            raise unavailable
        age = snapshot.age(self.clock.now())
        if age > self.max_stale:
            raise unavailable
        return SyncResult(patient, SyncOutcome.STALE, snapshot.requested_at, age, reason=str(unavailable))
