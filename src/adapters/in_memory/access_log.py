from itertools import islice
from uuid import UUID

from attrs import frozen

from adapters.in_memory.store import Store
from core.access_log.entities import AccessAction, AccessCursor, AccessEntry, AccessQuery, append
from core.access_log.ports import AccessLog, AccessLogEntries
from core.seals import Sealer


@frozen
class InMemoryAccessLog(AccessLog, AccessLogEntries):
    store: Store
    sealer: Sealer

    def record(self, entry: AccessEntry) -> None:
        with self.store.lock:
            last, entries = self.last(), self.store.access_entries
            for appended in append([entry], last.number if last else 0, last.seal if last else "", self.sealer):
                entries[appended.number] = appended

    def find(self, query: AccessQuery, *, before: AccessCursor | None, limit: int) -> tuple[AccessEntry, ...]:
        with self.store.lock:
            entries = [entry for entry in self.store.access_entries.values() if query.matches(entry)]
        entries.sort(key=lambda entry: (entry.at, entry.number), reverse=True)
        rest = (entry for entry in entries if before is None or (entry.at, entry.number) < (before.at, before.number))
        return tuple(islice(rest, limit))

    def opened_by(self, actor: str, limit: int) -> tuple[UUID, ...]:
        views = self.find(AccessQuery(actor=actor, action=AccessAction.PATIENT_VIEWED), before=None, limit=limit)
        return tuple(dict.fromkeys(entry.patient_id for entry in views if entry.patient_id))

    def last(self) -> AccessEntry | None:
        with self.store.lock:
            entries = self.store.access_entries
            return entries[max(entries)] if entries else None

    def after(self, number: int, limit: int) -> tuple[AccessEntry, ...]:
        with self.store.lock:
            entries = sorted(self.store.access_entries.values(), key=lambda entry: entry.number)
        return tuple(entry for entry in entries if entry.number > number)[:limit]
