from typing import Protocol

from core.access_log.entities import AccessEntry, AccessQuery


class AccessLog(Protocol):
    def record(self, entry: AccessEntry) -> None:
        """Stores the entry within a second. Raises `Unavailable` while too many entries wait for a store that does not
        take them: then nobody sees a record without an entry.
        """
        ...


class AccessLogEntries(Protocol):
    def find(self, query: AccessQuery, *, before: int | None, limit: int) -> tuple[AccessEntry, ...]:
        """The stored entries that match, newest first: those with a number below `before`."""
        ...
