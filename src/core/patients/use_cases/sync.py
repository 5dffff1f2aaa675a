from datetime import timedelta
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import Unavailable
from core.patients.errors import NoUpstreamRecord
from core.patients.ports import PatientGateway, PatientRepository, UpstreamCopies
from core.patients.upstream import Outcome, SyncResult, last_word, normalised
from core.patients.use_cases.merging import Merger, Said
from core.ports import Atomic, Clock


@frozen
class SyncPatient:
    """Brings one record in step with upstream, field by field: a local correction stands until upstream itself changes
    that field; where both changed, ours stays and the field is reported as a conflict.

    Upstream is asked before the record is locked, and not at all about a patient without an external id. An answer
    older than the one already applied is ignored. A sync that changes nothing moves `last_synced_at` only. While
    upstream is down, the record as it stands is the answer, marked stale, if upstream's last word is not older than
    `max_stale`.

    Raises `Forbidden`, `PatientNotFound`, `PatientArchived`, `NoUpstreamRecord`, `InvalidAnswer`, `RateLimited`,
    `Unavailable`, `EmailTaken`, `ExternalIdChanged`. The record is unchanged after each of them.
    """

    patients: PatientRepository
    copies: UpstreamCopies
    gateway: PatientGateway
    merger: Merger
    atomic: Atomic
    clock: Clock
    max_stale: timedelta

    def __call__(self, *, actor: Actor, patient_id: UUID) -> SyncResult:
        actor.require(Permission.SYNC_PATIENTS)
        patient = self.patients.get(patient_id)
        patient.refuse_if_archived()
        if patient.external_id is None:
            raise NoUpstreamRecord
        called_at = self.clock.now()
        try:
            answer = self.gateway.fetch(patient.external_id, request_id=actor.request_id)
        except Unavailable as unavailable:
            return self._stale(patient_id, unavailable)
        if answer is None:
            raise NoUpstreamRecord
        values = normalised(answer.document, self.merger.rules)
        said = Said(patient_id, patient.external_id, values, called_at - answer.lead)
        merged = self.atomic(lambda: self.merger.apply(actor, [said]))[patient_id]
        if isinstance(merged, Exception):
            raise merged
        return merged

    def _stale(self, patient_id: UUID, unavailable: Unavailable) -> SyncResult:
        patient = self.patients.get(patient_id)
        patient.refuse_if_archived()
        copy = last_word(self.copies.get(patient_id), patient)
        if copy is None:
            raise unavailable
        age = copy.age(self.clock.now())
        if age > self.max_stale:
            raise unavailable
        return SyncResult(patient, Outcome.STALE, copy.asked_at, age, reason=str(unavailable))
