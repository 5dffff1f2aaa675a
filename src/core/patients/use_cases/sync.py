from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import Unavailable
from core.patients.audit import Action
from core.patients.entities import Patient, Rules
from core.patients.errors import ExternalIdChanged, NoUpstreamRecord
from core.patients.ports import PatientGateway, PatientRepository, UpstreamCopies
from core.patients.upstream import Outcome, SyncResult, UpstreamCopy, merge, normalised
from core.patients.use_cases.ledger import Ledger
from core.ports import Atomic, Clock


@frozen
class SyncPatient:
    """Brings one record in step with upstream, field by field: a local correction stands until upstream itself changes
    that field; where both changed, ours stays and the field is reported as a conflict.

    Upstream is asked before the record is locked. An answer older than the one already applied is ignored. A sync that
    changes nothing moves `last_synced_at` only. While upstream is down, the record as it stands is the answer, marked
    stale, if upstream's last word is not older than `max_stale`.

    Raises `Forbidden`, `PatientNotFound`, `PatientArchived`, `NoUpstreamRecord`, `InvalidAnswer`, `RateLimited`,
    `Unavailable`, `EmailTaken`, `ExternalIdChanged`. The record is unchanged after each of them.
    """

    patients: PatientRepository
    copies: UpstreamCopies
    gateway: PatientGateway
    ledger: Ledger
    atomic: Atomic
    clock: Clock
    phone_region: str
    max_stale: timedelta

    def __call__(self, *, actor: Actor, patient_id: UUID) -> SyncResult:
        actor.require(Permission.SYNC_PATIENTS)
        patient = self.patients.get(patient_id)
        patient.refuse_if_archived()
        called_at = self.clock.now()
        try:
            answer = self.gateway.fetch(patient.external_id, request_id=actor.request_id)
        except Unavailable as unavailable:
            return self._stale(patient_id, unavailable)
        if answer is None:
            raise NoUpstreamRecord
        theirs = normalised(answer.document, self._rules)
        return self.atomic(lambda: self._apply(actor, patient, theirs, called_at - answer.lead))

    @property
    def _rules(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region)

    def _stale(self, patient_id: UUID, unavailable: Unavailable) -> SyncResult:
        patient = self.patients.get(patient_id)
        patient.refuse_if_archived()
        copy = self._copy_for(patient)
        if copy is None:
            raise unavailable
        age = copy.age(self.clock.now())
        if age > self.max_stale:
            raise unavailable
        return SyncResult(patient, Outcome.STALE, copy.asked_at, age, reason=str(unavailable))

    def _apply(self, actor: Actor, asked_for: Patient, theirs: Mapping[str, str], asked_at: datetime) -> SyncResult:
        now = self.clock.now()
        before = self.patients.lock(asked_for.id)
        before.refuse_if_archived()
        if before.external_id != asked_for.external_id:
            raise ExternalIdChanged
        copy = self._copy_for(before)
        if copy and copy.asked_at > asked_at:
            return SyncResult(before, Outcome.UNCHANGED, copy.asked_at, copy.age(now))
        base: Mapping[str, str] = copy.values if copy else {}
        merged = merge(before.plain(), base, theirs)
        changed = before.changed(now, self._rules, **merged.changes)
        after = evolve(changed, last_synced_at=asked_at)
        self.copies.keep(after.id, UpstreamCopy(after.external_id, {**base, **theirs}, asked_at))
        if changed is before:
            self.patients.replace(before, after)
            return SyncResult(after, Outcome.UNCHANGED, asked_at, now - asked_at, merged.conflicts)
        self.ledger.enter(Action.SYNCED, actor, now, before=before, after=after)
        return SyncResult(after, Outcome.UPDATED, asked_at, now - asked_at, merged.conflicts)

    def _copy_for(self, patient: Patient) -> UpstreamCopy | None:
        """What upstream said under the id the patient has now."""
        copy = self.copies.get(patient.id)
        return copy if copy and copy.external_id == patient.external_id else None
