from uuid import UUID, uuid4

from attrs import frozen

from adapters.in_memory.store import Store
from core.patients.audit import AuditEvent, ChangeEntry
from core.patients.ports import ChangeFeed


@frozen
class InMemoryChangeFeed(ChangeFeed):
    """The lock of the store serializes writes, so commit order is insertion order."""

    store: Store

    def epoch(self) -> UUID:
        with self.store.lock:
            return self.store.epochs.setdefault("changes", uuid4())

    def renew_epoch(self) -> None:
        with self.store.lock:
            self.store.epochs["changes"] = uuid4()

    def last(self) -> int:
        with self.store.lock:
            return len(self.store.audit_events)

    def after(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        with self.store.lock:
            events = enumerate(self.store.audit_events.values(), start=1)
            return tuple(_change_entry(number, event) for number, event in events if number > position)[:limit]


def _change_entry(position: int, event: AuditEvent) -> ChangeEntry:
    return ChangeEntry(
        position=position,
        patient_id=event.patient_id,
        version=event.version,
        action=event.action,
        at=event.at,
        fields=event.fields,
        actor=event.actor,
        request_id=event.request_id,
        seal=event.seal,
    )
