from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from core.jobs.entities import Chunk, Job, JobKind, JobState, RemainingChunks
from core.paging import Page

DAILY_PURGE = "purge"  # in the schedule


class JobRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def add(self, job: Job) -> bool:
        """False, without adding it, while a job with the same key has not ended. Waits for one that is being added."""
        ...

    def get(self, job_id: UUID) -> Job:
        """Raises `JobNotFound`."""
        ...

    def lock(self, job_id: UUID) -> Job:
        """Returns the current job and locks it until the surrounding `Atomic` ends.

        Raises `JobNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def replace(self, job: Job) -> None:
        """Replaces the job that `lock` returned."""
        ...

    def find(self, kind: JobKind, *, after: UUID | None, limit: int) -> Page[Job]:
        """Newest first: by descending id."""
        ...

    def unfinished(self, key: str) -> Job | None:
        """The unfinished job with this key."""
        ...

    def newest(self, kind: JobKind, key: str) -> Job | None:
        """The newest job with this key. None also if it was removed since it ended."""
        ...

    def runnable(self, now: datetime) -> tuple[Job, ...]:
        """Runnable jobs that no worker is working on, oldest first."""
        ...

    def counts(self) -> Mapping[tuple[JobKind, JobState], int]:
        """The number of stored jobs of each kind in each state; those without a job are left out."""
        ...

    def all_unfinished(self) -> tuple[Job, ...]:
        """Oldest first."""
        ...

    def last_completed(self) -> Mapping[JobKind, datetime]:
        """When the last completed job of each kind ended; kinds without one are left out."""
        ...

    def remove_ended(self, before: datetime, limit: int) -> int:
        """Removes at most `limit` jobs that ended before then, with their results. Returns how many."""
        ...


class ChunkRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def add(self, chunk: Chunk) -> None: ...

    def claim(self, job_id: UUID, *, lease: UUID, now: datetime, until: datetime) -> Chunk | None:
        """Claims one available chunk, or None. Claiming a chunk whose lease has expired increases its `takeovers`.
        Concurrent workers get different chunks. Raises `TransactionRequired` outside `Atomic`.
        """
        ...

    def lock(self, chunk: Chunk) -> None:
        """Locks the chunk until the surrounding `Atomic` ends.

        Raises `LeaseLost` when another worker has claimed it or its job has ended, and `TransactionRequired` outside
        `Atomic`.
        """
        ...

    def replace(self, chunk: Chunk) -> None:
        """Replaces the locked chunk."""
        ...

    def remove(self, chunk: Chunk) -> None: ...

    def remove_all(self, job_id: UUID) -> None: ...

    def remaining(self, job_id: UUID, now: datetime) -> RemainingChunks: ...


class JobRequesters(Protocol):
    def may_continue(self, actor: str) -> bool:
        """Whether the account that started a job still exists, is active and may manage jobs. True for a system actor.
        Raises `Unavailable`."""
        ...


class Schedule(Protocol):
    def take(self, name: str, now: datetime, every: timedelta) -> bool:
        """Returns True, at most once per `every` for each `name`. Of concurrent callers, one gets True.

        Raises `Unavailable`."""
        ...

    def taken_at(self, name: str) -> datetime | None:
        """When `take` last returned True for this name. Raises `Unavailable`."""
        ...


class JobQueue(Protocol):
    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        """Asks a worker to continue the job, soon or at `at`. Call it after the job is committed.

        Never raises: a periodic sweep enqueues runnable jobs again.
        """
        ...


class Runner(Protocol):
    """Runs the jobs of one kind."""

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        """Continues the job until no work is available, or `stopping` returns True."""
        ...


Runners = Mapping[JobKind, Runner]
