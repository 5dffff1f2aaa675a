from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from core.audit.search import AuditCursor, AuditQuery
from core.patients.audit import AuditEvent


class Histories(Protocol):
    """The audit events of all patients. Every method raises `Unavailable` when the store does not respond."""

    def after(self, place: tuple[UUID, int] | None, limit: int) -> tuple[AuditEvent, ...]:
        """The next events by patient id and version, after that of a patient and version."""
        ...

    def versions(self, ids: Collection[UUID]) -> dict[UUID, int]:
        """The versions of the records that exist."""
        ...

    def without_events(self) -> int:
        """How many records have no event."""
        ...


class AuditSearch(Protocol):
    def find(self, query: AuditQuery, *, before: AuditCursor | None, limit: int) -> tuple[AuditEvent, ...]:
        """The events that match, in the order of `AuditCursor`, which come after `before`. Raises `Unavailable` when
        the store does not respond."""
        ...
