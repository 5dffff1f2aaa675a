"""Leases: how workers share a job so that each chunk is done once, even when a worker dies."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, field, frozen

from core.errors import Unavailable
from core.jobs.entities import Chunk, Job
from core.jobs.errors import JobEnded, LeaseLost
from core.jobs.ports import ChunkRepository, JobRepository, JobRequesters
from core.ports import Atomic, Clock, IdGenerator

MAX_TAKEOVERS = 10
REQUESTER_RECHECK_INTERVAL = timedelta(minutes=5)
WAITING_FOR_RETRY = "Failed records wait to be retried."
REQUESTER_NOT_ALLOWED = "The account that started the job is disabled or may no longer manage jobs."
NO_PROGRESS = f"No progress: {MAX_TAKEOVERS} workers in a row started a part of the job and did not finish it."


@frozen
class Lease:
    """A chunk that this worker holds."""

    job: Job
    chunk: Chunk


@frozen
class Allocation:
    """The records of the next chunk, and the position where the following chunk begins: None after the last one."""

    items: tuple[UUID, ...]
    next_position: str | None

    @classmethod
    def of(cls, ids: tuple[UUID, ...], limit: int) -> "Allocation | None":
        """The ids after the last position, of which at most `limit` were read."""
        return cls(ids, str(ids[-1]) if len(ids) == limit else None) if ids else None


@frozen
class Pause:
    until: datetime
    reason: str


@frozen
class Completion:
    """The result of working on a chunk. `counts` are the finished records by outcome. `rest` is the chunk to continue
    with, None if it is finished. `pause` pauses the whole job; a reason in `hold` holds it."""

    counts: Mapping[str, int]
    rest: Chunk | None = None
    pause: Pause | None = None
    hold: str = ""


Allocate = Callable[[Job], Allocation | None]
"""Returns None when all records are allocated. Called within `Atomic`, with the job locked."""


@frozen
class LeaseManager:
    """Leases each chunk to one worker for `duration`; the worker renews the lease while it works. After the lease has
    expired, another worker takes the chunk over and the former one can no longer complete it.

    A takeover splits the chunk in half, which isolates a record that is too slow or crashes its worker. After ten
    takeovers without progress the job fails. A job is paused while its requester may not continue it.
    """

    jobs: JobRepository
    chunks: ChunkRepository
    requesters: JobRequesters
    atomic: Atomic
    clock: Clock
    ids: IdGenerator
    duration: timedelta = field(default=timedelta(minutes=1), kw_only=True)

    def work(
        self,
        job: Job,
        run: Callable[[Lease], None],
        *,
        stopping: Callable[[], bool],
        allocate: Allocate = lambda _: None,
    ) -> None:
        """Claims one chunk after another and runs it, until `stopping` returns True or no work is available."""
        while not stopping() and (lease := self.claim(job.id, allocate)):
            with suppress(LeaseLost, JobEnded):
                run(lease)

    def claim(self, job_id: UUID, allocate: Allocate = lambda _: None) -> Lease | None:
        """Claims one available chunk, or allocates a new one. None when the job is not runnable or no chunk is
        available."""
        return self.atomic(lambda: self._claim(job_id, allocate))

    def _claim(self, job_id: UUID, allocate: Allocate) -> Lease | None:
        now = self.clock.now()
        job = self.jobs.lock(job_id)
        if not job.is_runnable(now):
            return None
        if pause := self.requester_pause(job):
            self.jobs.replace(job.paused(pause.until, pause.reason))
            return None
        lease_id = self.ids.new(now)
        chunk = self.chunks.claim(job_id, lease=lease_id, now=now, until=now + self.duration)
        if chunk is None and job.position is not None:
            job, chunk = self._allocate(job, allocate, lease_id, now)
        if chunk is None:
            self.jobs.replace(self._completed_or_paused(job, now))
            return None
        if chunk.takeovers > MAX_TAKEOVERS:
            self.jobs.replace(job.failed(now, NO_PROGRESS))
            self.chunks.remove_all(job_id)
            return None
        if chunk.takeovers and len(chunk.items) > 1:
            chunk = self._split(chunk, now)
        job = job.running(now)
        self.jobs.replace(job)
        return Lease(job, chunk)

    def _allocate(self, job: Job, allocate: Allocate, lease_id: UUID, now: datetime) -> tuple[Job, Chunk | None]:
        allocation = allocate(job)
        if allocation is None:
            return evolve(job, position=None), None
        chunk = Chunk(
            id=lease_id, job_id=job.id, items=allocation.items, lease=lease_id, available_at=now + self.duration
        )
        self.chunks.add(chunk)
        return evolve(job, position=allocation.next_position), chunk

    def _split(self, chunk: Chunk, now: datetime) -> Chunk:
        """Keeps the first half of the records; the second half becomes a chunk of its own."""
        middle = len(chunk.items) // 2
        first_half = evolve(chunk, items=chunk.items[:middle])
        self.chunks.replace(first_half)
        self.chunks.add(evolve(chunk, id=self.ids.new(now), items=chunk.items[middle:], lease=None, available_at=now))
        return first_half

    def requester_pause(self, job: Job) -> Pause | None:
        """The pause of a job whose requester may not continue it."""
        if self.requesters.may_continue(job.actor):
            return None
        return Pause(self.clock.now() + REQUESTER_RECHECK_INTERVAL, REQUESTER_NOT_ALLOWED)

    def renew(self, lease: Lease) -> Lease:
        """Renews the lease once a third of it has passed; returns it unchanged when the store is unavailable.

        Raises `LeaseLost`.
        """
        if lease.chunk.available_at - self.clock.now() > self.duration * 2 / 3:
            return lease
        chunk = evolve(lease.chunk, available_at=self.clock.now() + self.duration)

        def store() -> None:
            self.chunks.lock(chunk)
            self.chunks.replace(chunk)

        try:
            self.atomic(store)
        except Unavailable:
            return lease
        return evolve(lease, chunk=chunk)

    def extend(self, lease: Lease) -> Chunk:
        """The chunk with a full lease, after progress."""
        return evolve(lease.chunk, available_at=self.clock.now() + self.duration, takeovers=0)

    def release(self, lease: Lease) -> Chunk:
        """The chunk without a lease: any worker may claim it immediately."""
        return evolve(lease.chunk, lease=None, available_at=self.clock.now(), takeovers=0)

    def complete(self, lease: Lease, work: Callable[[], Completion]) -> Job:
        """Calls `work` and stores its completion in one transaction.

        Raises `LeaseLost`, and `JobEnded` when the job was cancelled in the meantime.
        """
        return self.atomic(lambda: self._complete(lease, work))

    def _complete(self, lease: Lease, work: Callable[[], Completion]) -> Job:
        self.chunks.lock(lease.chunk)
        completion = work()
        job = self.jobs.lock(lease.job.id)
        if job.state.has_ended:
            raise JobEnded
        if completion.rest is None:
            self.chunks.remove(lease.chunk)
        else:
            self.chunks.replace(evolve(completion.rest, takeovers=0))
        job = self._completed_or_paused(job.with_counts(completion.counts), self.clock.now())
        if completion.pause and not job.state.has_ended:
            job = job.paused(completion.pause.until, completion.pause.reason)
        if completion.hold:
            job = job.held(completion.hold)
        self.jobs.replace(job)
        return job

    def _completed_or_paused(self, job: Job, now: datetime) -> Job:
        """Completed when no chunk remains, paused when all remaining chunks wait, otherwise unchanged."""
        if job.position is not None or job.state.has_ended:
            return job
        remaining = self.chunks.remaining(job.id, now)
        if remaining.leased:
            return job
        if remaining.available_at is None:
            return job.completed(now)
        if job.is_runnable(now) and remaining.available_at > now:
            return job.paused(remaining.available_at, WAITING_FOR_RETRY)
        return job
