from collections.abc import Collection, Sequence
from uuid import UUID

from attrs import evolve, field, frozen

from adapters.in_memory.paging import newest_first
from adapters.in_memory.store import Store
from core.matching.blocking import digests_of
from core.matching.entities import DuplicatePair, Merge, PairCursor, PairState
from core.matching.errors import MergeNotFound, PairNotFound
from core.matching.ports import BlockingKeys, DuplicatePairs, MergeRepository
from core.paging import Page
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


@frozen
class InMemoryDuplicatePairs(DuplicatePairs):
    store: Store

    def record(self, pairs: Sequence[DuplicatePair]) -> None:
        with self.store.lock:
            for pair in pairs:
                known = self.store.pairs.get(pair.patient_ids, pair)
                self.store.pairs[pair.patient_ids] = evolve(
                    known, probability=pair.probability, evidence=pair.evidence, weights_version=pair.weights_version
                )

    def get(self, pair_id: UUID) -> DuplicatePair:
        with self.store.lock:
            for pair in self.store.pairs.values():
                if pair.id == pair_id:
                    return pair
        raise PairNotFound

    def replace(self, pair: DuplicatePair) -> None:
        with self.store.lock:
            self.store.pairs[pair.patient_ids] = pair

    def find(
        self, states: Collection[PairState], *, min_probability: float, after: PairCursor | None, limit: int
    ) -> tuple[DuplicatePair, ...]:
        with self.store.lock:
            found = [
                pair
                for pair in self.store.pairs.values()
                if pair.state in states
                and pair.probability >= min_probability
                and (after is None or (pair.probability, pair.id) < (after.probability, after.id))
            ]
        found.sort(key=lambda pair: (pair.probability, pair.id), reverse=True)
        return tuple(found[:limit])

    def of(
        self, patient_ids: Collection[UUID], states: Collection[PairState] = tuple(PairState)
    ) -> tuple[DuplicatePair, ...]:
        with self.store.lock:
            pairs = [pair for pair in self.store.pairs.values() if pair.state in states]
        found = [pair for pair in pairs if pair.first_id in patient_ids or pair.second_id in patient_ids]
        return tuple(sorted(found, key=lambda pair: pair.id))

    def remove(self, pair_ids: Collection[UUID]) -> None:
        with self.store.lock:
            self.store.pairs = {key: pair for key, pair in self.store.pairs.items() if pair.id not in pair_ids}


@frozen
class InMemoryMergeRepository(MergeRepository):
    store: Store

    def add(self, merge: Merge) -> None:
        self.replace(merge)

    def get(self, merge_id: UUID) -> Merge:
        with self.store.lock:
            try:
                return self.store.merges[merge_id]
            except KeyError:
                raise MergeNotFound from None

    def replace(self, merge: Merge) -> None:
        with self.store.lock:
            self.store.merges[merge.id] = merge

    def of(self, patient_id: UUID, *, after: UUID | None, limit: int) -> Page[Merge]:
        with self.store.lock:
            own = (one for one in self.store.merges.values() if patient_id in {one.survivor_id, one.other_id})
            return newest_first(own, after, limit)
