from collections.abc import Collection
from uuid import UUID

from attrs import field, frozen

from adapters.in_memory.store import Store
from core.matching.blocking import digests_of
from core.matching.ports import BlockingKeys
from core.patients.entities import Patient

Digests = tuple[Patient, frozenset[bytes]]


@frozen
class InMemoryBlockingKeys(BlockingKeys):
    store: Store
    _digests: dict[UUID, Digests] = field(factory=dict[UUID, Digests])

    def guard(self, digests: Collection[bytes]) -> None:
        """`InMemoryAtomic` holds the lock of the store already."""

    def holders(self, digests: Collection[bytes], limit: int) -> dict[bytes, frozenset[UUID]]:
        found: dict[bytes, list[UUID]] = {}
        with self.store.lock:
            for patient in self.store.patients.values():
                for digest in self._digests_of(patient).intersection(digests):
                    found.setdefault(digest, []).append(patient.id)
        return {digest: frozenset(ids[:limit]) for digest, ids in found.items()}

    def _digests_of(self, patient: Patient) -> frozenset[bytes]:
        known = self._digests.get(patient.id)
        if known is None or known[0] is not patient:
            known = self._digests[patient.id] = patient, digests_of(patient)
        return known[1]
