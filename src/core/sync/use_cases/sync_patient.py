from datetime import timedelta
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import Unavailable
from core.patients.ports import PatientRepository
from core.ports import Atomic, Clock
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import SyncOutcome, SyncResult, normalize, snapshot_for
from core.sync.ports import PatientGateway, UpstreamSnapshots
from core.sync.services.merger import FetchedRecord, Merger


@frozen
class SyncPatient:
    """Brings one record in step with upstream, field by field: a local correction stands until upstream itself changes
    that field; where both changed, ours stays and the field is reported as a conflict.

    Upstream is asked before the record is locked, and not at all about a patient without an external id. An answer
    older than the one already applied is ignored. A sync that changes nothing moves `last_synced_at` only. While
    upstream is down, the record as it stands is the answer, marked stale, if upstream's last word is not older than
    `max_stale`.

    Raises `Forbidden`, `PatientNotFound`, `PatientArchived`, `NoUpstreamRecord`, `InvalidUpstreamResponse`,
    `RateLimited`, `Unavailable`, `EmailTaken`, `ExternalIdChanged`. The record is unchanged after each of them.
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
        called_at = self.clock.now()
        try:
            answer = self.gateway.fetch(patient.external_id, request_id=actor.request_id)
        except Unavailable as unavailable:
            return self._stale(patient_id, unavailable)
        if answer is None:
            raise NoUpstreamRecord
        values = normalize(answer.document, self.merger.rules)
        said = FetchedRecord(patient_id, patient.external_id, values, called_at - answer.requested_before)
        merged = self.atomic(lambda: self.merger.apply(actor, [said]))[patient_id]
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
