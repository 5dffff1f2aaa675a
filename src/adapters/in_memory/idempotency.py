from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from attrs import frozen

from adapters.in_memory.store import Store
from core.idempotency.entities import StoredAnswer
from core.idempotency.ports import StoredAnswers


@frozen
class InMemoryStoredAnswers(StoredAnswers):
    store: Store

    def claim(self, actor: str, key: str) -> StoredAnswer | None:
        self.store.require_atomic()
        return self.store.answers.get((actor, key))

    def save(self, stored: StoredAnswer) -> None:
        with self.store.lock:
            self.store.answers[stored.actor, stored.key] = stored

    def remove_naming(self, ids: Collection[UUID]) -> None:
        self._remove(lambda stored: not stored.answer.ids.isdisjoint(ids), len(self.store.answers))

    def purge(self, before: datetime, limit: int) -> int:
        return self._remove(lambda stored: stored.at < before, limit)

    def _remove(self, ends: Callable[[StoredAnswer], bool], limit: int) -> int:
        with self.store.lock:
            removed = [key for key, stored in self.store.answers.items() if ends(stored)][:limit]
            for key in removed:
                del self.store.answers[key]
        return len(removed)
