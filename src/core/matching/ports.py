from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from core.patients.entities import Patient


class PatientsForMatching(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those that exist, oldest first."""
        ...

    def estimated_count(self) -> int:
        """The number of patients, which may be outdated or rough."""
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
