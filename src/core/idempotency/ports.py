from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.idempotency.entities import StoredAnswer


class StoredAnswers(Protocol):
    """Every method raises `Unavailable` when the store does not respond."""

    def claim(self, actor: str, key: str) -> StoredAnswer | None:
        """What is stored. Waits for every other transaction that claimed the same key, and keeps later ones waiting.

        Raises `TransactionRequired` outside `Atomic`.
        """
        ...

    def save(self, stored: StoredAnswer) -> None:
        """Replaces what is stored for the actor and the key."""
        ...

    def forget(self, record_id: UUID) -> None:
        """Removes the content of the answers that name the record. Their requests stay done."""
        ...

    def purge(self, before: datetime, limit: int) -> int:
        """Removes at most `limit` answers that are older, and returns how many."""
        ...
