from collections.abc import Collection, Generator, Iterable, Mapping
from typing import Protocol
from uuid import UUID

from core.errors import InvalidUpstreamResponse, Unavailable
from core.paging import Page
from core.sync.entities import SyncJobResult
from core.sync.merge import UpstreamDocument, UpstreamSnapshot


class UpstreamSnapshots(Protocol):
    def get(self, patient_id: UUID) -> UpstreamSnapshot | None:
        """None before the first sync."""
        ...

    def get_many(self, ids: Collection[UUID]) -> dict[UUID, UpstreamSnapshot]:
        """Of those patients that have one."""
        ...

    def save(self, snapshots: Mapping[UUID, UpstreamSnapshot]) -> None:
        """By patient, in place of the one before. Removed with the patient."""
        ...


MAX_UNAVAILABLE_IN_A_ROW = 3


FetchResult = UpstreamDocument | Unavailable | InvalidUpstreamResponse | None
"""As `fetch` returns or raises it."""


class PatientGateway(Protocol):
    """The upstream system. What it answers is untrusted."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamDocument | None:
        """None when upstream does not know the patient.

        Answers within a bounded time. Raises `Unavailable`, `RateLimited`, `InvalidUpstreamResponse`.
        """
        ...

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, FetchResult]]:
        """Asks for many, several at once and each as `fetch` does, and gives what came of each as it comes, in any
        order. Closed, it asks no more.

        When upstream is to be left alone, it asks for no more of them, gives what was under way, and raises
        `Unavailable` or `RateLimited`. An own gateway need not write this: it then asks for one after the other, and
        upstream is left alone after three in a row for whom it was unavailable.
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


class SyncJobResults(Protocol):
    """What sync jobs did, once for each patient of a job."""

    def record(self, job_id: UUID, outcomes: Iterable[SyncJobResult]) -> None: ...

    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[SyncJobResult]:
        """Those that somebody should look at, by rising patient id."""
        ...
