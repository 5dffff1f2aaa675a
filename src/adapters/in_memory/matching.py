from collections.abc import Collection
from uuid import UUID

from attrs import field, frozen

from adapters.in_memory.store import Store
from core.matching.blocking import blocking_keys
from core.matching.comparable import comparable
from core.matching.details import PersonDetails
from core.matching.ports import PatientsForMatching
from core.patients.entities import Patient

Keys = tuple[Patient, frozenset[bytes]]


@frozen
class InMemoryPatientsForMatching(PatientsForMatching):
    store: Store
    _keys: dict[UUID, Keys] = field(factory=dict[UUID, Keys])

    def guard(self, digests: Collection[bytes]) -> None:
        """`InMemoryAtomic` holds the lock of the store already."""

    def holders(self, digests: Collection[bytes], limit: int) -> dict[bytes, frozenset[UUID]]:
        found: dict[bytes, list[UUID]] = {}
        with self.store.lock:
            for patient in self.store.patients.values():
                for digest in self._keys_of(patient).intersection(digests):
                    found.setdefault(digest, []).append(patient.id)
        return {digest: frozenset(ids[:limit]) for digest, ids in found.items()}

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        with self.store.lock:
            found = [self.store.patients[one] for one in ids if one in self.store.patients]
        return tuple(sorted(found, key=lambda patient: patient.id))

    def estimated_count(self) -> int:
        with self.store.lock:
            return len(self.store.patients)

    def _keys_of(self, patient: Patient) -> frozenset[bytes]:
        known = self._keys.get(patient.id)
        if known is None or known[0] is not patient:
            keys = blocking_keys(comparable(PersonDetails.of(patient)))
            known = self._keys[patient.id] = patient, frozenset(key.digest for key in keys)
        return known[1]
