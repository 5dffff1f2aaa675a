from typing import Protocol
from uuid import UUID

from core.access_log.entities import AccessCursor, AccessEntry, AccessQuery


class AccessLog(Protocol):
    def record(self, entry: AccessEntry) -> None:
        """Stores the entry within a second. Raises `Unavailable` while too many entries wait for a store that does not
        take them: then nobody sees a record without an entry.
        """
        ...


class AccessLogEntries(Protocol):
    def find(self, query: AccessQuery, *, before: AccessCursor | None, limit: int) -> tuple[AccessEntry, ...]:
        """The stored entries that match, newest first, which come after `before`."""
        ...

    def opened_by(self, actor: str, limit: int) -> tuple[UUID, ...]:
        """The patients whose records the actor viewed last, newest first, of the last `limit` views."""
        ...

    def last(self) -> AccessEntry | None:
        """The entry with the highest number."""
        ...

    def after(self, number: int, limit: int) -> tuple[AccessEntry, ...]:
        """The stored entries with higher numbers, by rising number."""
        ...
