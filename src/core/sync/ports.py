from collections.abc import Collection, Generator, Iterable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.errors import InvalidUpstreamResponse, Unavailable
from core.paging import Page
from core.patients.entities import Patient
from core.patients.values import Status
from core.sync.change_limits import HeldChange
from core.sync.entities import SyncJobResult
from core.sync.merge import UpstreamDocument, UpstreamSnapshot


class PatientsForSync(Protocol):
    """Patients, many at a time. Every method raises `Unavailable` when the store does not answer."""

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those that exist, oldest first."""
        ...

    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        """Those that exist, each locked as by `PatientRepository.lock`. Raises `TransactionRequired` outside
        `Atomic`."""
        ...

    def ids(self, statuses: Collection[Status], *, after: UUID | None, before: UUID, limit: int) -> tuple[UUID, ...]:
        """Ids between the two, of patients in one of the statuses, oldest first."""
        ...

    def count_by_status(self, statuses: Collection[Status]) -> int:
        """Patients in one of the statuses."""
        ...

    def mark_synced(self, ids: Collection[UUID], at: datetime) -> None:
        """Sets `last_synced_at` and nothing else."""
        ...


class UpstreamSnapshots(Protocol):
    def get(self, patient_id: UUID) -> UpstreamSnapshot | None:
        """None before the first sync."""
        ...

    def get_many(self, ids: Collection[UUID]) -> dict[UUID, UpstreamSnapshot]:
        """The snapshots of those patients that have one."""
        ...

    def save(self, snapshots: Mapping[UUID, UpstreamSnapshot]) -> None:
        """Replaces the snapshots of these patients. A snapshot is removed with its patient."""
        ...


MAX_UNAVAILABLE_IN_A_ROW = 3


FetchResult = UpstreamDocument | Unavailable | InvalidUpstreamResponse | None
"""What `fetch` returns or raises."""


class PatientGateway(Protocol):
    """The upstream system. Its responses are untrusted."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamDocument | None:
        """None when upstream does not know the patient.

        Returns within a bounded time. Raises `Unavailable`, `RateLimited`, `InvalidUpstreamResponse`.
        """
        ...

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, FetchResult]]:
        """Fetches many patients, possibly concurrently, and yields each result in any order. Closing the generator
        stops it.

        To back off, it starts no further request, yields the pending results and raises `Unavailable` or `RateLimited`.
        This default fetches one patient after another and backs off after three unavailable ones in a row.
        """
        failed = 0
        for external_id in external_ids:
            try:
                fetched: FetchResult = self.fetch(external_id, request_id=request_id)
                failed = 0
            except InvalidUpstreamResponse as invalid:
                fetched, failed = invalid, 0
            except Unavailable as unavailable:
                fetched, failed = unavailable, failed + 1
                if failed == MAX_UNAVAILABLE_IN_A_ROW:
                    raise
            yield external_id, fetched


class HeldChanges(Protocol):
    """Samples of what held sync jobs would change. Changes of a patient are removed with the patient."""

    def replace(self, job_id: UUID, changes: Iterable[HeldChange]) -> None:
        """Changes of patients who no longer exist are left out. Raises `TransactionRequired` outside `Atomic`."""
        ...

    def get(self, job_id: UUID) -> tuple[HeldChange, ...]:
        """By ascending patient id."""
        ...


class SyncJobResults(Protocol):
    """The results of sync jobs, one for each patient of a job."""

    def record(self, job_id: UUID, results: Iterable[SyncJobResult]) -> None: ...

    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[SyncJobResult]:
        """Results that need review, by ascending patient id."""
        ...
