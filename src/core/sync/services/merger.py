from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor
from core.errors import Conflict, ValidationError
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.patients.ports import DuplicateCheck
from core.patients.services.recorder import PatientRecorder
from core.patients.services.rules import CurrentRules
from core.patients.values import Identifier
from core.ports import Clock
from core.sync.errors import EmptyUpstreamRecord, ExternalIdChanged, InvalidUpstreamRecord, WrongUpstreamRecord
from core.sync.identity import ensure_asked_for, ensure_not_contradicted, unique_identifiers
from core.sync.merge import (
    SyncOutcome,
    SyncResult,
    UpstreamDocument,
    UpstreamSnapshot,
    merge,
    normalize,
    snapshot_for,
)
from core.sync.ports import PatientsForSync, UpstreamSnapshots


@frozen(kw_only=True)
class FetchedRecord:
    """Upstream's normalized `values` for a patient, fetched under `external_id`. `identifiers` are compared, not
    merged."""

    patient_id: UUID
    external_id: str
    values: Mapping[str, object]
    identifiers: tuple[Identifier, ...]
    requested_at: datetime


MergeResult = SyncResult | Conflict | PatientNotFound | InvalidUpstreamRecord | WrongUpstreamRecord


@frozen
class Merger:
    """Merges fetched records into patients (see `SyncPatient` for the rules)."""

    patients: PatientsForSync
    snapshots: UpstreamSnapshots
    recorder: PatientRecorder
    duplicates: DuplicateCheck
    clock: Clock
    rules: CurrentRules
    fields: tuple[str, ...]

    def read(
        self, patient_id: UUID, external_id: str, answer: UpstreamDocument, requested_at: datetime
    ) -> FetchedRecord:
        """Raises `WrongUpstreamRecord`, `EmptyUpstreamRecord`, `InvalidUpstreamRecord`."""
        rules = self.rules()
        ensure_asked_for(answer.document, external_id)
        values = normalize(answer.document, rules, self.fields)
        if not values:
            raise EmptyUpstreamRecord
        return FetchedRecord(
            patient_id=patient_id,
            external_id=external_id,
            values=values,
            identifiers=(
                () if "identifiers" in self.fields else unique_identifiers(answer.document, rules.identifier_systems)
            ),
            requested_at=requested_at - answer.requested_before,
        )

    def apply(self, actor: Actor, records: Sequence[FetchedRecord]) -> dict[UUID, MergeResult]:
        """Merges each record independently; an error leaves its patient unchanged and is returned as the result.

        Call it within `Atomic`: every patient is locked until that ends.
        """
        ids = [record.patient_id for record in records]
        patients = self._lock_with_survivors(ids)
        snapshots = self.snapshots.get_many(ids)
        results: dict[UUID, MergeResult] = {}
        new_snapshots: dict[UUID, UpstreamSnapshot] = {}
        unchanged: dict[datetime, list[UUID]] = defaultdict(list)
        changed: list[tuple[Patient, Patient]] = []
        for record in records:
            patient_id = record.patient_id
            try:
                linked = _ensure_linked(patients.get(patient_id), record)
                before = patients[linked.survivor_id]
                before.ensure_not_archived()
                ensure_not_contradicted(linked.identifiers, record.identifiers)
                base = snapshot_for(snapshots.get(patient_id), linked)
                result = results[patient_id] = self._merge(actor, record, before, base)
            except (Conflict, PatientNotFound, WrongUpstreamRecord) as error:
                results[patient_id] = error
                continue
            except ValidationError as invalid:  # valid by itself, but not together with the rest of the record
                results[patient_id] = InvalidUpstreamRecord(invalid)
                continue
            patients[before.id] = result.patient
            if result.fetched_at != record.requested_at:  # the snapshot is newer than this record
                continue
            values = {**(base.values if base else {}), **record.values}
            new_snapshots[patient_id] = UpstreamSnapshot(record.external_id, values, record.requested_at)
            if result.outcome is SyncOutcome.UNCHANGED:
                unchanged[record.requested_at].append(before.id)
            else:
                changed.append((before, result.patient))
        self.snapshots.save(new_snapshots)
        for requested_at, patient_ids in unchanged.items():
            self.patients.mark_synced(patient_ids, requested_at)
        self.duplicates.review_changed(changed)
        return results

    def _lock_with_survivors(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        patients = self.patients.lock_all(ids)
        survivors = {patient.merged_into for patient in patients.values() if patient.merged_into}
        return patients | self.patients.lock_all(survivors - patients.keys())

    def _merge(self, actor: Actor, record: FetchedRecord, before: Patient, base: UpstreamSnapshot | None) -> SyncResult:
        now = self.clock.now()
        if base and base.requested_at > record.requested_at:
            return SyncResult(before, SyncOutcome.UNCHANGED, base.requested_at, base.age(now))
        merged = merge(before.to_json(), base.values if base else {}, record.values)
        changed = before.changed(now, self.rules(), **merged.changes)
        after = evolve(changed, last_synced_at=record.requested_at)
        outcome = SyncOutcome.UNCHANGED if changed is before else SyncOutcome.UPDATED
        if outcome is SyncOutcome.UPDATED:
            self.recorder.save(Action.SYNCED, actor, now, before=before, after=after)
        return SyncResult(
            patient=after,
            outcome=outcome,
            fetched_at=record.requested_at,
            age=max(now - record.requested_at, timedelta()),
            conflicts=merged.conflicts,
            before=before if base else None,
        )


def _ensure_linked(patient: Patient | None, record: FetchedRecord) -> Patient:
    if patient is None:
        raise PatientNotFound
    if patient.external_id != record.external_id:
        raise ExternalIdChanged
    return patient
