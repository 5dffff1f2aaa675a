from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.matching.details import StoredPerson
from core.matching.entities import DuplicatePair, Merge, PairCursor, PairState
from core.paging import Page
from core.patients.entities import Patient


class PatientsForMatching(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those that exist, oldest first."""
        ...

    def people(self, ids: Collection[UUID]) -> tuple[StoredPerson, ...]:
        """Those that exist, in any order."""
        ...

    def estimated_count(self) -> int:
        """The number of patients, which may be outdated or rough."""
        ...

    def ids_to_scan(
        self, changed_since: datetime | None, *, after: UUID | None, before: UUID, limit: int
    ) -> tuple[UUID, ...]:
        """Ids between the two, of patients who are not merged and were changed since then or ever, oldest first."""
        ...

    def count_to_scan(self, changed_since: datetime | None) -> int:
        """Patients who are not merged and were changed since then or ever."""
        ...


class BlockingKeys(Protocol):
    """The digests of the blocking keys of all patients. Every method raises `Unavailable` when the store does not
    answer."""

    def guard(self, digests: Collection[bytes]) -> None:
        """Until the surrounding `Atomic` ends, another transaction that guards one of the keys waits here. Call it
        within `Atomic`."""
        ...

    def holders(self, digests: Collection[bytes], limit: int) -> dict[bytes, frozenset[UUID]]:
        """The patients with each blocking key, at most `limit` of each."""
        ...


class DuplicatePairs(Protocol):
    """Pairs of records, removed with either record. Every method raises `Unavailable` when the store does not
    answer."""

    def record(self, pairs: Sequence[DuplicatePair]) -> None:
        """Adds pairs. A pair that is there already gets a new `probability`, `evidence` and `weights_version`."""
        ...

    def get(self, pair_id: UUID) -> DuplicatePair:
        """Raises `PairNotFound`."""
        ...

    def replace(self, pair: DuplicatePair) -> None: ...

    def find(
        self, states: Collection[PairState], *, min_probability: float, after: PairCursor | None, limit: int
    ) -> tuple[DuplicatePair, ...]:
        """By falling probability, then by falling id."""
        ...

    def of(
        self, patient_ids: Collection[UUID], states: Collection[PairState] = tuple(PairState)
    ) -> tuple[DuplicatePair, ...]:
        """Those that have one of the records, by rising id."""
        ...

    def remove(self, pair_ids: Collection[UUID]) -> None: ...


class MergeRepository(Protocol):
    """Merges, removed with their records. Every method raises `Unavailable` when the store does not answer."""

    def add(self, merge: Merge) -> None: ...

    def get(self, merge_id: UUID) -> Merge:
        """Raises `MergeNotFound`."""
        ...

    def replace(self, merge: Merge) -> None: ...

    def of(self, patient_id: UUID, *, after: UUID | None, limit: int) -> Page[Merge]:
        """Those that the record took part in, newest first: by falling id."""
        ...


class UpstreamValues(Protocol):
    def copy(self, source: UUID, target: UUID) -> None:
        """Makes what upstream sent last for one record known for another record with the same external id. Does
        nothing if upstream never sent anything."""
        ...

    def remove(self, patient_id: UUID) -> None: ...
