from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from adapters.in_memory.store import Store
from core.matching.entities import PairState
from core.overview.entities import Freshness
from core.overview.ports import RegistryCounts
from core.patients.values import Status
from core.sync.entities import SYNCABLE


@frozen
class InMemoryRegistryCounts(RegistryCounts):
    store: Store

    def by_status(self) -> Counter[Status]:
        with self.store.lock:
            return Counter(patient.status for patient in self.store.patients.values())

    def born_since(self, years: Sequence[int]) -> tuple[int, ...]:
        with self.store.lock:
            living = [one for one in self.store.patients.values() if not one.merged_into and one.deceased is False]
        born = [one.date_of_birth.earliest.year for one in living if one.date_of_birth]
        return tuple(sum(year <= one for one in born) for year in years)

    def by_freshness(self, stale_before: datetime) -> Counter[Freshness]:
        with self.store.lock:
            synced = [one for one in self.store.patients.values() if one.status in SYNCABLE and one.external_id]
        return Counter(_freshness(one.last_synced_at, stale_before) for one in synced)

    def registered(self, since: datetime, until: datetime) -> int:
        with self.store.lock:
            return sum(since <= patient.created_at < until for patient in self.store.patients.values())

    def open_duplicates(self) -> int:
        with self.store.lock:
            return sum(pair.state is PairState.OPEN for pair in self.store.pairs.values())


def _freshness(last_synced_at: datetime | None, stale_before: datetime) -> Freshness:
    if last_synced_at is None:
        return Freshness.NEVER
    return Freshness.STALE if last_synced_at < stale_before else Freshness.FRESH
