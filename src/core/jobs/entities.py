"""Work in the background: asked for once, done in chunks by whichever worker is free, paused, resumed and cancelled."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from attrs import evolve, field, frozen

from core.jobs.errors import JobEnded


class JobKind(StrEnum):
    SYNC = "sync"
    IMPORT = "import"


class JobState(StrEnum):
    """`queued` until a worker begins; `paused` until `resume_at`, when it goes on by itself; `failed` when no worker
    could go on with it."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        return self in {JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED}


@frozen(kw_only=True)
class Job:
    """`options` say what it is about, as its kind needs. `counts` are the records done so far, by outcome; `total` is
    how many there were to do when it was asked for. `position` is where the next chunk begins, None when all were
    handed out. `reason` is why it is paused or failed, in words.
    Of the jobs with one `key` only one is under way at a time."""

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

    @property
    def done(self) -> int:
        return sum(self.counts.values())

    def is_runnable(self, now: datetime) -> bool:
        return not self.state.has_ended and (self.resume_at is None or self.resume_at <= now)

    def running(self, now: datetime) -> Self:
        return evolve(self, state=JobState.RUNNING, started_at=self.started_at or now, resume_at=None, reason="")

    def paused(self, until: datetime, reason: str) -> Self:
        """Of two pauses the longer one holds."""
        if self.resume_at and self.resume_at > until:
            return self
        return evolve(self, state=JobState.PAUSED, resume_at=until, reason=reason)

    def counted(self, outcomes: Mapping[str, int]) -> Self:
        names = self.counts.keys() | outcomes.keys()
        return evolve(self, counts={name: self.counts.get(name, 0) + outcomes.get(name, 0) for name in sorted(names)})

    def completed(self, now: datetime) -> Self:
        """What was to be done and no longer is there is not counted in `total` any more."""
        return evolve(self, state=JobState.COMPLETED, total=self.done, ended_at=now, resume_at=None, reason="")

    def cancelled(self, now: datetime) -> Self:
        """What was done stays done and counted. Raises `JobEnded`."""
        if self.state.has_ended:
            raise JobEnded
        return evolve(self, state=JobState.CANCELLED, ended_at=now, resume_at=None, reason="")

    def failed(self, now: datetime, reason: str) -> Self:
        """What was done stays done and counted."""
        return evolve(self, state=JobState.FAILED, ended_at=now, resume_at=None, reason=reason)


@frozen(kw_only=True)
class Chunk:
    """A part of a job: `items` are the records left in it, where its job hands out records.

    With a `lease` it is being done by the worker who holds that, until `available_at`; without one it waits until then.
    `tries` counts how often it was put back because some of it had failed. `takeovers` counts how often its lease has
    run out since some of it was last done: the worker died, crashed or took too long.
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
    """Of one job: how many are being done, and when the first of those that wait is free."""

    leased: int
    available_at: datetime | None
