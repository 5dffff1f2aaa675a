"""Background jobs, which workers share chunk by chunk."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Actor
from core.jobs.errors import JobEnded, JobNotFound, JobNotHeld


class JobKind(StrEnum):
    SYNC = "sync"
    IMPORT = "import"
    SCAN = "scan"
    UNDO = "undo"


class JobState(StrEnum):
    """`queued` until a worker starts; `paused` until `resume_at`, then it resumes by itself; `held` until an account
    that may do so confirms or cancels it; `failed` after repeated attempts without progress."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    HELD = "held"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        return self in {JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED}


@frozen(kw_only=True)
class Job:
    """`options` depend on the kind. `counts` are the finished records by outcome; `total` is the number of records when
    the job was created. `position` is where the next chunk begins, None when all are allocated. `reason` explains why
    it is paused, held or failed. `confirmed_by` is the actor who confirmed it while it was held. At most one unfinished
    job has a given `key`."""

    id: UUID
    kind: JobKind
    actor: str
    request_id: str
    options: Mapping[str, object]
    created_at: datetime
    total: int
    key: str | None = None
    position: str | None = ""
    state: JobState = JobState.QUEUED
    counts: Mapping[str, int] = field(factory=dict[str, int])
    started_at: datetime | None = None
    ended_at: datetime | None = None
    resume_at: datetime | None = None
    reason: str = ""
    confirmed_by: str = ""

    @property
    def requester(self) -> Actor:
        """The account that started the job, as a worker acts for it."""
        return Actor(self.actor, frozenset(), self.request_id, self.id)

    def ensure_kind(self, kind: JobKind) -> Self:
        """Raises `JobNotFound`."""
        if self.kind is not kind:
            raise JobNotFound
        return self

    @property
    def done(self) -> int:
        return sum(self.counts.values())

    def is_runnable(self, now: datetime) -> bool:
        return (
            not self.state.has_ended
            and self.state is not JobState.HELD
            and (self.resume_at is None or self.resume_at <= now)
        )

    def running(self, now: datetime) -> Self:
        return evolve(self, state=JobState.RUNNING, started_at=self.started_at or now, resume_at=None, reason="")

    def paused(self, until: datetime, reason: str) -> Self:
        """The later of two pauses applies. A held job stays held."""
        if self.state is JobState.HELD or (self.resume_at and self.resume_at > until):
            return self
        return evolve(self, state=JobState.PAUSED, resume_at=until, reason=reason)

    def held(self, reason: str) -> Self:
        return evolve(self, state=JobState.HELD, resume_at=None, reason=reason)

    def confirmed(self, actor: str) -> Self:
        """Raises `JobEnded`, `JobNotHeld`."""
        if self.state.has_ended:
            raise JobEnded
        if self.state is not JobState.HELD:
            raise JobNotHeld
        return evolve(self, state=JobState.QUEUED, reason="", confirmed_by=actor)

    def with_counts(self, outcomes: Mapping[str, int]) -> Self:
        names = self.counts.keys() | outcomes.keys()
        return evolve(self, counts={name: self.counts.get(name, 0) + outcomes.get(name, 0) for name in sorted(names)})

    def completed(self, now: datetime) -> Self:
        """`total` becomes the number of finished records: records may have been erased since the job was created."""
        return evolve(self, state=JobState.COMPLETED, total=self.done, ended_at=now, resume_at=None, reason="")

    def cancelled(self, now: datetime) -> Self:
        """Finished records stay finished and counted. Raises `JobEnded`."""
        if self.state.has_ended:
            raise JobEnded
        return evolve(self, state=JobState.CANCELLED, ended_at=now, resume_at=None, reason="")

    def failed(self, now: datetime, reason: str) -> Self:
        """Finished records stay finished and counted."""
        return evolve(self, state=JobState.FAILED, ended_at=now, resume_at=None, reason=reason)


@frozen(kw_only=True)
class Chunk:
    """A part of a job. `items` are its unfinished records; empty for an import, whose single chunk is the whole file.

    `lease` identifies the worker's lease, which expires at `available_at`. Without a lease, workers may claim the chunk
    from `available_at` on. `tries` counts retries of failed records. `takeovers` counts expired leases since the last
    progress: the worker died, crashed or was too slow.
    """

    id: UUID
    job_id: UUID
    items: tuple[UUID, ...]
    lease: UUID | None
    available_at: datetime
    tries: int = 0
    takeovers: int = 0


@frozen
class RemainingChunks:
    """Of one job: the number of leased chunks, and when the first chunk without a lease becomes available."""

    leased: int
    available_at: datetime | None
