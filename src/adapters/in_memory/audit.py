from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attrs import frozen

from adapters.in_memory.store import Store
from core.audit.ports import AuditSearch, Histories
from core.audit.search import AuditCursor, AuditQuery
from core.patients.audit import AuditEvent


@frozen
class InMemoryHistories(Histories):
    store: Store

    def after(self, place: tuple[UUID, int] | None, limit: int) -> tuple[AuditEvent, ...]:
        with self.store.lock:
            events = sorted(self.store.audit_events.items())
        return tuple(event for key, event in events if place is None or key > place)[:limit]

    def versions(self, ids: Collection[UUID]) -> dict[UUID, int]:
        with self.store.lock:
            patients = self.store.patients
            return {one: patients[one].version for one in ids if one in patients}

    def without_events(self) -> int:
        with self.store.lock:
            return len(self.store.patients.keys() - {patient_id for patient_id, _ in self.store.audit_events})


@frozen
class InMemoryAuditSearch(AuditSearch):
    store: Store

    def find(self, query: AuditQuery, *, before: AuditCursor | None, limit: int) -> tuple[AuditEvent, ...]:
        with self.store.lock:
            found = [event for event in self.store.audit_events.values() if query.matches(event)]
        if before is not None:
            last = (before.at, before.patient_id, before.version)
            found = [event for event in found if _place(event) < last]
        return tuple(sorted(found, key=_place, reverse=True)[:limit])


def _place(event: AuditEvent) -> tuple[datetime, UUID, int]:
    return event.at, event.patient_id, event.version
