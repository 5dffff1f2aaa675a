from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from core.overview.entities import Freshness
from core.patients.values import Status


class RegistryCounts(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def by_status(self) -> Mapping[Status, int]:
        """Patients in each status that any has."""
        ...

    def born_since(self, years: Sequence[int]) -> tuple[int, ...]:
        """For each year, the people born in it or later. Without merged records and people who have died."""
        ...

    def by_freshness(self, stale_before: datetime) -> Mapping[Freshness, int]:
        """The records that are linked to upstream and neither archived nor merged. Those are stale whose last sync was
        before `stale_before`."""
        ...

    def registered(self, since: datetime, until: datetime) -> int:
        """The records that were registered from `since` on and before `until`, also those that were merged since."""
        ...

    def open_duplicates(self) -> int:
        """The pairs that wait for a decision."""
        ...
