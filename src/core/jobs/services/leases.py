"""How workers share a job without doing anything twice, however many there are and whenever one dies."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, field, frozen

from core.errors import Unavailable
from core.jobs.entities import Chunk, Job
from core.jobs.errors import JobEnded
from core.jobs.ports import ChunkRepository, JobRepository, JobRequesters
from core.ports import Atomic, Clock, IdGenerator

MAX_TAKEOVERS = 10
REQUESTER_CHECKED_AGAIN_AFTER = timedelta(minutes=5)
WAITS_FOR_ANOTHER_TRY = "What failed is tried again."
WAITS_FOR_REQUESTER = "The account that asked for the job is disabled or may not manage jobs any longer."
NO_PROGRESS = f"No progress: a part of the job was begun {MAX_TAKEOVERS} times and never finished."


@frozen
class Lease:
    """A chunk that this worker does now."""

    job: Job
    chunk: Chunk


@frozen
class Allocation:
    """The next part of a job, and where the one after it begins: None when this is the last."""

    items: tuple[UUID, ...]
    position: str | None


@frozen
class Completion:
    """What became of a chunk: the records done, by outcome, and the chunk as it goes on, None if it is done. `pause`
    holds up the whole job until then, for that reason."""

    counts: Mapping[str, int]
    rest: Chunk | None = None
    pause: tuple[datetime, str] | None = None


Allocate = Callable[[Job], Allocation | None]
"""None when there is nothing left. Called within `Atomic`, while nobody else can lease."""


@frozen
class LeaseManager:
    """A chunk is leased to one worker for `lasts`, who renews that while it lives. A lease that has run out is taken
    over; whoever held it before cannot settle the chunk any more.

    A chunk that is taken over is halved, so that what was too much for one lease, or broke its worker, is found. After
    ten takeovers without progress the job has failed. A job waits while its requester may not continue it.
    """

    jobs: JobRepository
    chunks: ChunkRepository
    requesters: JobRequesters
    atomic: Atomic
    clock: Clock
    ids: IdGenerator
    lasts: timedelta = field(default=timedelta(minutes=1), kw_only=True)

    def claim(self, job_id: UUID, hand_out: Allocate = lambda _: None) -> Lease | None:
        """None when the job has ended or waits, or others are doing what is left of it."""
        return self.atomic(lambda: self._claim(job_id, hand_out))

    def _claim(self, job_id: UUID, hand_out: Allocate) -> Lease | None:
        now = self.clock.now()
        job = self.jobs.lock(job_id)
        if not job.is_runnable(now):
            return None
        if pause := self.requester_pause(job):
            self.jobs.replace(job.paused(*pause))
            return None
        lease = self.ids.new(now)
        chunk = self.chunks.claim(job_id, lease=lease, now=now, until=now + self.lasts)
        if chunk is None and job.position is not None:
            handed = hand_out(job)
            job = evolve(job, position=handed and handed.position)
            if handed:
                chunk = Chunk(id=lease, job_id=job_id, items=handed.items, lease=lease, available_at=now + self.lasts)
                self.chunks.add(chunk)
        if chunk and chunk.takeovers > MAX_TAKEOVERS:
            self.jobs.replace(job.failed(now, NO_PROGRESS))
            self.chunks.remove_all(job_id)
            return None
        if chunk and chunk.takeovers and len(chunk.items) > 1:
            chunk = self._halved(chunk, now)
        job = job.running(now) if chunk else self._left(job, now)
        self.jobs.replace(job)
        return Lease(job, chunk) if chunk else None

    def _halved(self, chunk: Chunk, now: datetime) -> Chunk:
        """The first half of its records; the others become a chunk of their own."""
        middle = len(chunk.items) // 2
        half = evolve(chunk, items=chunk.items[:middle])
        self.chunks.replace(half)
        self.chunks.add(evolve(chunk, id=self.ids.new(now), items=chunk.items[middle:], lease=None, available_at=now))
        return half

    def requester_pause(self, job: Job) -> tuple[datetime, str] | None:
        """Until when and why the job has to wait, where its requester may not continue it."""
        if self.requesters.may_continue(job.actor):
            return None
        return self.clock.now() + REQUESTER_CHECKED_AGAIN_AFTER, WAITS_FOR_REQUESTER

    def renewed(self, lease: Lease) -> Lease:
        """The lease with a fresh lease, if a third of the old one is over and the store answers. Raises `LeaseLost`."""
        if lease.chunk.available_at - self.clock.now() > self.lasts * 2 / 3:
            return lease
        chunk = evolve(lease.chunk, available_at=self.clock.now() + self.lasts)

        def renew() -> None:
            self.chunks.lock(chunk)
            self.chunks.replace(chunk)

        try:
            self.atomic(renew)
        except Unavailable:
            return lease
        return evolve(lease, chunk=chunk)

    def prolonged(self, lease: Lease) -> Chunk:
        """With a fresh lease, after some of it was done."""
        return evolve(lease.chunk, available_at=self.clock.now() + self.lasts, takeovers=0)

    def given_back(self, lease: Lease) -> Chunk:
        """For anybody to take at once."""
        return evolve(lease.chunk, lease=None, available_at=self.clock.now(), takeovers=0)

    def complete(self, lease: Lease, work: Callable[[], Completion]) -> Job:
        """Does `work` and stores what became of the chunk, both or neither. Raises `LeaseLost`, and `JobEnded` when the
        job was cancelled meanwhile."""
        return self.atomic(lambda: self._complete(lease, work))

    def _complete(self, lease: Lease, work: Callable[[], Completion]) -> Job:
        self.chunks.lock(lease.chunk)
        settled = work()
        job = self.jobs.lock(lease.job.id)
        if job.state.has_ended:
            raise JobEnded
        if settled.rest is None:
            self.chunks.remove(lease.chunk)
        else:
            self.chunks.replace(evolve(settled.rest, takeovers=0))
        job = self._left(job.counted(settled.counts), self.clock.now())
        if settled.pause and not job.state.has_ended:
            job = job.paused(*settled.pause)
        self.jobs.replace(job)
        return job

    def _left(self, job: Job, now: datetime) -> Job:
        """Completed when nothing is left, paused when what is left has to wait."""
        if job.position is not None or not job.is_runnable(now):
            return job
        left = self.chunks.remaining(job.id, now)
        if left.leased:
            return job
        if left.available_at is None:
            return job.completed(now)
        return job.paused(left.available_at, WAITS_FOR_ANOTHER_TRY) if left.available_at > now else job
