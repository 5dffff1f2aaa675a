from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

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

    def forget(self, record_id: UUID) -> None:
        with self.store.lock:
            for key, stored in self.store.answers.items():
                if stored.answer and record_id in stored.answer.ids:
                    self.store.answers[key] = evolve(stored, answer=None)

    def purge(self, before: datetime, limit: int) -> int:
        with self.store.lock:
            removed = [key for key, stored in self.store.answers.items() if stored.at < before][:limit]
            for key in removed:
                del self.store.answers[key]
        return len(removed)
