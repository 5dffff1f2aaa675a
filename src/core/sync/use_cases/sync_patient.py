from datetime import timedelta
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import Unavailable
from core.patients.entities import Patient
from core.patients.ports import PatientRepository
from core.ports import Atomic, Clock
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import SyncOutcome, SyncResult, snapshot_for
from core.sync.ports import PatientGateway, UpstreamSnapshots
from core.sync.services.merger import Merger


@frozen
class SyncPatient:
    """Fetches a patient from upstream and merges the changes into the record, field by field (see `merge`).

    Upstream is called before the record is locked. A response to an older request than the one already applied is
    ignored. A sync without changes updates `last_synced_at` only. What upstream has under the external id of a merged
    record is merged into its survivor, whose sync it is where both have the same external id, or only the survivor has
    one. An answer about somebody else, or with none of the fields to sync, is refused. While upstream is unavailable,
    the current record is returned as stale if the last good copy is not older than `max_stale`.

    Raises `Forbidden`, `PatientNotFound`, `PatientArchived`, `NoUpstreamRecord`, `InvalidUpstreamResponse`,
    `RateLimited`, `Unavailable`, `EmailTaken`, `ExternalIdChanged`. After an error the record is unchanged.
    """

    patients: PatientRepository
    snapshots: UpstreamSnapshots
    gateway: PatientGateway
    merger: Merger
    atomic: Atomic
    clock: Clock
    accesses: AccessRecorder
    max_stale: timedelta

    def __call__(self, *, actor: Actor, patient_id: UUID) -> SyncResult:
        actor.require(Permission.SYNC_PATIENTS)
        result = self._sync(actor, patient_id)
        if result.outcome is not SyncOutcome.UPDATED:
            self.accesses.record(actor, AccessAction.PATIENT_VIEWED, patient_id=result.patient.id)
        return result

    def _sync(self, actor: Actor, patient_id: UUID) -> SyncResult:
        patient = self._linked(patient_id)
        if patient.external_id is None:
            raise NoUpstreamRecord
        requested_at = self.clock.now()
        try:
            answer = self.gateway.fetch(patient.external_id, request_id=actor.request_id)
        except Unavailable as unavailable:
            return self._stale(patient, unavailable)
        if answer is None:
            raise NoUpstreamRecord
        record = self.merger.read(patient.id, patient.external_id, answer, requested_at)
        merged = self.atomic(lambda: self.merger.apply(actor, [record]))[patient.id]
        if isinstance(merged, Exception):
            raise merged
        return merged

    def _linked(self, patient_id: UUID) -> Patient:
        """The patient, or the survivor in place of a merged record without an external id of its own."""
        patient = self.patients.get(patient_id)
        survivor = self._survivor(patient)
        return survivor if patient.external_id in {None, survivor.external_id} else patient

    def _survivor(self, patient: Patient) -> Patient:
        survivor = self.patients.get(patient.merged_into) if patient.merged_into else patient
        survivor.ensure_not_archived()
        return survivor

    def _stale(self, before: Patient, unavailable: Unavailable) -> SyncResult:
        linked = self.patients.get(before.id)
        patient = self._survivor(linked)
        snapshot = snapshot_for(self.snapshots.get(linked.id), linked)
        if snapshot is None:
            raise unavailable
        age = snapshot.age(self.clock.now())
        if age > self.max_stale:
            raise unavailable
        return SyncResult(patient, SyncOutcome.STALE, snapshot.requested_at, age, reason=str(unavailable))
