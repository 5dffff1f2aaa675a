from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor
from core.errors import Conflict
from core.patients.audit import Action
from core.patients.entities import Patient, Rules
from core.patients.errors import ExternalIdChanged, PatientNotFound
from core.patients.ports import PatientRepository, UpstreamCopies
from core.patients.upstream import Outcome, SyncResult, UpstreamCopy, last_word, merge
from core.patients.use_cases.ledger import Ledger
from core.ports import Clock


@frozen
class Said:
    """What upstream said of the patient when asked for its `external_id`: `values` are normalised."""

    patient_id: UUID
    external_id: str
    values: Mapping[str, str]
    asked_at: datetime


Merged = SyncResult | Conflict | PatientNotFound


@frozen
class Merger:
    """Merges what upstream said into the records, as `SyncPatient` tells."""

    patients: PatientRepository
    copies: UpstreamCopies
    ledger: Ledger
    clock: Clock
    phone_region: str

    @property
    def rules(self) -> Rules:
        return Rules(self.clock.today(), self.phone_region)

    def apply(self, actor: Actor, said: Sequence[Said]) -> dict[UUID, Merged]:
        """What came of each, which is independent of the others; a record that is refused stays as it is. To be called
        within `Atomic`: every record is locked until it ends."""
        ids = [one.patient_id for one in said]
        locked = self.patients.lock_all(ids)
        copies = self.copies.of(ids)
        results: dict[UUID, Merged] = {}
        fresh: dict[UUID, UpstreamCopy] = {}
        unchanged: dict[datetime, list[UUID]] = defaultdict(list)
        for one in said:
            patient_id = one.patient_id
            try:
                before = self._current(one, locked.get(patient_id))
                base = last_word(copies.get(patient_id), before)
                result = results[patient_id] = self._merged(actor, one, before, base)
            except (Conflict, PatientNotFound) as refused:
                results[patient_id] = refused
                continue
            if result.fetched_at != one.asked_at:
                continue
            values = {**(base.values if base else {}), **one.values}
            fresh[patient_id] = UpstreamCopy(one.external_id, values, one.asked_at)
            if result.outcome is Outcome.UNCHANGED:
                unchanged[one.asked_at].append(patient_id)
        self.copies.keep(fresh)
        for asked_at, these in unchanged.items():
            self.patients.mark_synced(these, asked_at)
        return results

    def _current(self, said: Said, patient: Patient | None) -> Patient:
        if patient is None:
            raise PatientNotFound
        patient.refuse_if_archived()
        if patient.external_id != said.external_id:
            raise ExternalIdChanged
        return patient

    def _merged(self, actor: Actor, said: Said, before: Patient, base: UpstreamCopy | None) -> SyncResult:
        now = self.clock.now()
        if base and base.asked_at > said.asked_at:
            return SyncResult(before, Outcome.UNCHANGED, base.asked_at, base.age(now))
        merged = merge(before.plain(), base.values if base else {}, said.values)
        changed = before.changed(now, self.rules, **merged.changes)
        after = evolve(changed, last_synced_at=said.asked_at)
        age = max(now - said.asked_at, timedelta())
        if changed is before:
            return SyncResult(after, Outcome.UNCHANGED, said.asked_at, age, merged.conflicts)
        self.ledger.enter(Action.SYNCED, actor, now, before=before, after=after)
        return SyncResult(after, Outcome.UPDATED, said.asked_at, age, merged.conflicts)
