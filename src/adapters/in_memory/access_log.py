from attrs import evolve, frozen

from adapters.in_memory.store import Store
from core.access_log.entities import AccessEntry, AccessQuery
from core.access_log.ports import AccessLog, AccessLogEntries


@frozen
class InMemoryAccessLog(AccessLog, AccessLogEntries):
    store: Store

    def record(self, entry: AccessEntry) -> None:
        with self.store.lock:
            number = len(self.store.access_entries) + 1
            self.store.access_entries[number] = evolve(entry, number=number)

    def find(self, query: AccessQuery, *, before: int | None, limit: int) -> tuple[AccessEntry, ...]:
        with self.store.lock:
            entries = list(self.store.access_entries.values())
        matching = [
            entry for entry in reversed(entries) if (before is None or entry.number < before) and _matches(query, entry)
        ]
        return tuple(matching[:limit])


def _matches(query: AccessQuery, entry: AccessEntry) -> bool:
    return (
        query.actor in {None, entry.actor}
        and query.patient_id in {None, entry.patient_id}
        and query.action in {None, entry.action}
        and (query.since is None or query.since <= entry.at)
        and (query.until is None or entry.at < query.until)
    )
