from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from attrs import evolve, frozen

from adapters.in_memory.store import Store
from core.errors import Conflict
from core.imports.ports import PatientsForImport
from core.matching.details import StoredPerson
from core.matching.ports import PatientsForMatching
from core.patients.audit import Action, AuditEvent, Erasure
from core.patients.dates import first_of
from core.patients.entities import Patient
from core.patients.errors import (
    CursorGone,
    EmailTaken,
    ExternalIdTaken,
    IdentifierTaken,
    PatientNotFound,
    UniqueValueTaken,
)
from core.patients.folding import sort_key
from core.patients.identifier_systems import IdentifierSystems
from core.patients.ports import (
    AuditTrail,
    ErasedPatients,
    MergedRecords,
    PatientListing,
    PatientRepository,
    PatientsById,
    PatientSearch,
)
from core.patients.search import PatientCursor, PatientPage, PatientQuery, Sort
from core.patients.search_terms import Prefixes, search_terms
from core.patients.values import Identifier, Status
from core.sync.ports import PatientsForSync
from core.undo.ports import JobChanges, PatientsForUndo


@frozen
class InMemoryPatientRepository(
    PatientRepository,
    PatientsById,
    MergedRecords,
    PatientSearch,
    PatientListing,
    PatientsForSync,
    PatientsForUndo,
    PatientsForImport,
    PatientsForMatching,
):
    store: Store
    identifier_systems: IdentifierSystems

    def get(self, patient_id: UUID) -> Patient:
        with self.store.lock:
            try:
                return self.store.patients[patient_id]
            except KeyError:
                raise PatientNotFound from None

    def lock(self, patient_id: UUID) -> Patient:
        self.store.require_atomic()
        return self.get(patient_id)

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        with self.store.lock:
            found = [self.store.patients[one] for one in ids if one in self.store.patients]
        return tuple(sorted(found, key=lambda patient: patient.id))

    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        self.store.require_atomic()
        return {patient.id: patient for patient in self.get_all(ids)}

    def people(self, ids: Collection[UUID]) -> tuple[StoredPerson, ...]:
        return tuple(map(StoredPerson.of, self.get_all(ids)))

    def estimated_count(self) -> int:
        with self.store.lock:
            return len(self.store.patients)

    def merged_into(self, survivors: Collection[UUID]) -> dict[UUID, UUID]:
        with self.store.lock:
            patients = list(self.store.patients.values())
        return {one.id: one.merged_into for one in patients if one.merged_into and one.merged_into in survivors}

    def ids_to_scan(
        self, changed_since: datetime | None, *, after: UUID | None, before: UUID, limit: int
    ) -> tuple[UUID, ...]:
        ids = (one for one in self._to_scan(changed_since) if one < before and (after is None or after < one))
        return tuple(sorted(ids)[:limit])

    def count_to_scan(self, changed_since: datetime | None) -> int:
        return len(self._to_scan(changed_since))

    def _to_scan(self, changed_since: datetime | None) -> list[UUID]:
        with self.store.lock:
            own = [patient for patient in self.store.patients.values() if patient.merged_into is None]
        return [one.id for one in own if changed_since is None or one.updated_at >= changed_since]

    def list_oldest_first(self, *, after: UUID | None, limit: int) -> tuple[Patient, ...]:
        with self.store.lock:
            found = sorted(self.store.patients.values(), key=lambda patient: patient.id)
        return tuple(patient for patient in found if after is None or after < patient.id)[:limit]

    def ids(self, statuses: Collection[Status], *, after: UUID | None, before: UUID, limit: int) -> tuple[UUID, ...]:
        with self.store.lock:
            found = sorted(p.id for p in self.store.patients.values() if p.status in statuses and p.id < before)
        return tuple(one for one in found if after is None or after < one)[:limit]

    def count_by_status(self, statuses: Collection[Status]) -> int:
        with self.store.lock:
            return sum(patient.status in statuses for patient in self.store.patients.values())

    def mark_synced(self, ids: Collection[UUID], at: datetime) -> None:
        with self.store.lock:
            for patient in self.get_all(ids):
                self.store.patients[patient.id] = evolve(patient, last_synced_at=at)

    def add(self, patient: Patient) -> None:
        with self.store.lock:
            self._require_unique(patient)
            self.store.patients[patient.id] = patient

    def add_all(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        refused: dict[UUID, Conflict] = {}
        for patient in patients:
            try:
                self.add(patient)
            except Conflict as conflict:
                refused[patient.id] = conflict
        return refused

    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        with self.store.lock:
            before = dict(self.store.patients)
            try:
                return self.add_all(patients)
            finally:
                self.store.patients = before

    def replace(self, before: Patient, after: Patient) -> None:
        self.add(after)

    def remove(self, patient_id: UUID) -> None:
        with self.store.lock:
            self.store.patients.pop(patient_id, None)
            self.store.snapshots.pop(patient_id, None)
            self.store.held_changes = {key: one for key, one in self.store.held_changes.items() if key[1] != patient_id}
            self.store.pairs = {key: one for key, one in self.store.pairs.items() if patient_id not in one.patient_ids}
            self.store.merges = {
                key: one for key, one in self.store.merges.items() if patient_id not in {one.survivor_id, one.other_id}
            }

    def find(self, query: PatientQuery) -> PatientPage:
        by = _ORDERS[query.sort.field]
        with self.store.lock:
            places = sorted((by(p), -p.id.int) for p in self._matching(query))
            if query.after is not None:
                last = self._place_of(query.after, query.sort), -query.after.id.int
                places = [one for one in places if (one < last if query.sort.descending else last < one)]
            found = [self.store.patients[UUID(int=-number)] for _, number in places]
        if query.sort.descending:
            found.reverse()
        page = tuple(found[: query.limit])
        return PatientPage(page, PatientCursor.of(page[-1]) if len(found) > query.limit else None)

    def count(self, query: PatientQuery, most: int) -> int:
        with self.store.lock:
            return min(most, len(self._matching(query)))

    def _matching(self, query: PatientQuery) -> list[Patient]:
        merged: dict[UUID, list[Patient]] = defaultdict(list)
        for patient in self.store.patients.values():
            if patient.merged_into is not None and not query.includes_merged:
                merged[patient.merged_into].append(patient)
        return [
            patient
            for patient in self.store.patients.values()
            if (patient.merged_into is None or query.includes_merged) and _matches(patient, merged[patient.id], query)
        ]

    def _place_of(self, cursor: PatientCursor, sort: Sort) -> Any:  # what they are ordered by differs
        if sort.field == "created_at":
            return cursor.id
        patient = self.store.patients.get(cursor.id)
        if patient is None or patient.version != cursor.version:
            raise CursorGone
        return _ORDERS[sort.field](patient)

    def _require_unique(self, patient: Patient) -> None:
        """The values of a merged record belong to its survivor."""
        if patient.merged_into is not None:
            return
        if patient.email is not None and not patient.email_shared:
            self._refuse(patient, EmailTaken, lambda one: one.email == patient.email and not one.email_shared)
        if patient.external_id is not None:
            self._refuse(patient, ExternalIdTaken, lambda one: one.external_id == patient.external_id)
        for identifier in self.identifier_systems.unique_of(patient.identifiers):
            self._refuse(patient, IdentifierTaken, partial(_has, identifier=identifier))

    def _refuse(self, patient: Patient, taken: type[UniqueValueTaken], has: Callable[[Patient], bool]) -> None:
        for other in self.store.patients.values():
            if has(other) and patient.id not in {other.id, other.merged_into}:
                raise taken(other.survivor_id)


def _born(patient: Patient) -> str:
    return patient.date_of_birth.iso if patient.date_of_birth else ""


_ORDERS: dict[str, Callable[[Patient], Any]] = {  # what they are ordered by differs
    "created_at": lambda patient: patient.id,
    "name": lambda patient: sort_key(patient.first_name, patient.last_name),
    "date_of_birth": _born,
    "updated_at": lambda patient: patient.updated_at,
}


def _matches(patient: Patient, merged: Sequence[Patient], query: PatientQuery) -> bool:
    """The words and numbers may be those of the records that were `merged` into the patient."""
    records = (patient, *merged)
    return (
        (not query.words or _is_found({term for one in records for term in search_terms(one)}, query.words))
        and (query.ids is None or patient.id in query.ids)
        and query.status in (None, patient.status)
        and query.sex in (None, patient.sex)
        and query.email in (None, *(one.email for one in records))
        and query.phone in (None, *(one.phone for one in records))
        and (query.date_of_birth is None or _born(patient).startswith(query.date_of_birth.iso))
        and (query.born_after is None or query.born_after.isoformat() < _born(patient))
        and (query.born_before is None or "" < _born(patient) < first_of(query.born_before).iso)
        and (query.identifier is None or any(_has(one, query.identifier) for one in records))
        and query.external_id in (None, *(one.external_id for one in records))
        and _between(query.created_after, patient.created_at, query.created_before)
        and _between(query.updated_after, patient.updated_at, None)
    )


def _has(patient: Patient, identifier: Identifier | str) -> bool:
    return any(identifier in (one, one.value) for one in patient.identifiers)


def _is_found(terms: Collection[str], words: Collection[Prefixes]) -> bool:
    return all(any(term.startswith(prefixes) for term in terms) for prefixes in words)


def _between(after: datetime | None, value: datetime, before: datetime | None) -> bool:
    return (after is None or after < value) and (before is None or value < before)


@frozen
class InMemoryAuditTrail(AuditTrail, JobChanges, ErasedPatients):
    store: Store

    def record(self, events: Sequence[AuditEvent]) -> None:
        with self.store.lock:
            for event in events:
                if (event.patient_id, event.version) in self.store.audit_events:
                    raise ValueError("This version of the patient has its event already.")
                self.store.audit_events[event.patient_id, event.version] = event

    def history(self, patient_id: UUID, *, before_version: int | None, limit: int) -> tuple[AuditEvent, ...]:
        with self.store.lock:
            events = [event for (owner, _), event in self.store.audit_events.items() if owner == patient_id]
        events.sort(key=lambda event: event.version, reverse=True)
        return tuple(e for e in events if before_version is None or e.version < before_version)[:limit]

    def patients(self, job_id: UUID, *, after: UUID | None, limit: int) -> tuple[UUID, ...]:
        ids = {event.patient_id for event in self._of_job(job_id) if after is None or after < event.patient_id}
        return tuple(sorted(ids))[:limit]

    def count(self, job_id: UUID) -> int:
        return len({event.patient_id for event in self._of_job(job_id)})

    def of_patients(self, job_id: UUID, ids: Collection[UUID]) -> dict[UUID, list[AuditEvent]]:
        events: dict[UUID, list[AuditEvent]] = defaultdict(list)
        for event in sorted(self._of_job(job_id), key=lambda event: -event.version):
            if event.patient_id in ids:
                events[event.patient_id].append(event)
        return events

    def _of_job(self, job_id: UUID) -> list[AuditEvent]:
        with self.store.lock:
            return [event for event in self.store.audit_events.values() if event.job_id == job_id]

    def forget_values(self, patient_id: UUID, versions: Collection[int] | None = None) -> None:
        with self.store.lock:
            for key, event in self.store.audit_events.items():
                if event.patient_id == patient_id and (versions is None or event.version in versions):
                    self.store.audit_events[key] = evolve(event, values=None)

    def erased(self, *, after: UUID | None, limit: int) -> tuple[Erasure, ...]:
        with self.store.lock:
            events = [event for event in self.store.audit_events.values() if event.action is Action.ERASED]
        found = [Erasure(event.patient_id, event.at) for event in events if after is None or after < event.patient_id]
        return tuple(sorted(found, key=lambda one: one.patient_id))[:limit]
