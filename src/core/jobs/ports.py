from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from core.jobs.entities import Chunk, Job, JobKind, RemainingChunks
from core.paging import Page


class JobRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def add(self, job: Job) -> None:
        """Raises `JobUnderWay` while a job with the same key has not ended."""
        ...

    def get(self, job_id: UUID) -> Job:
        """Raises `JobNotFound`."""
        ...

    def lock(self, job_id: UUID) -> Job:
        """The job as it is now; nobody else can lock or change it until the surrounding `Atomic` ends.

        Raises `JobNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def replace(self, job: Job) -> None:
        """Stores `job` in place of what `lock` returned."""
        ...

    def find(self, kind: JobKind, *, after: UUID | None, limit: int) -> Page[Job]:
        """Newest first, which is by falling id."""
        ...

    def unfinished(self, key: str) -> Job | None:
        """The job with this key that has not ended."""
        ...

    def runnable(self, now: datetime) -> tuple[Job, ...]:
        """Those that could go on and that nobody works on, oldest first."""
        ...

    def remove_ended(self, before: datetime, limit: int) -> int:
        """Removes at most `limit` of those that ended earlier, with all that hangs on them, and says how many."""
        ...


class ChunkRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def add(self, chunk: Chunk) -> None: ...

    def claim(self, job_id: UUID, *, lease: UUID, now: datetime, until: datetime) -> Chunk | None:
        """Leases a chunk that waits no longer, or one whose lease has run out, which its `takeovers` count. None when
        there is none. Two workers who take at the same time get different ones. Raises `TransactionRequired` outside
        `Atomic`.
        """
        ...

    def lock(self, chunk: Chunk) -> None:
        """Nobody can take the chunk until the surrounding `Atomic` ends.

        Raises `LeaseLost` when somebody else has taken it since or its job is over, and `TransactionRequired` outside
        `Atomic`.
        """
        ...

    def replace(self, chunk: Chunk) -> None:
        """Stores `chunk` in place of the one that was locked."""
        ...

    def remove(self, chunk: Chunk) -> None: ...

    def remove_all(self, job_id: UUID) -> None: ...

    def remaining(self, job_id: UUID, now: datetime) -> RemainingChunks: ...


class JobRequesters(Protocol):
    def may_continue(self, actor: str) -> bool:
        """Whether the account that asked for a job is still there, active and allowed to manage jobs. True for a system
        actor. Raises `Unavailable`."""
        ...


class Schedule(Protocol):
    def take(self, name: str, now: datetime, every: timedelta) -> bool:
        """Takes `name` and returns True if it was never taken, or not within `every`. Of several callers at once, one
        gets True. Raises `Unavailable`."""
        ...


class JobQueue(Protocol):
    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        """Asks for a worker to go on with the job, soon or at `at`; called after the job was committed.

        A queue that does not answer costs time, never an error: jobs that nobody works on are handed over again.
        """
        ...


class Runner(Protocol):
    """Does the jobs of one kind."""

    def __call__(self, job: Job, *, stopping: Callable[[], bool]) -> None:
        """Goes on with the job until there is nothing to do for now, or as soon as `stopping` says so."""
        ...


Runners = Mapping[JobKind, Runner]
