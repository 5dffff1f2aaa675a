"""What can be done with a job of any kind, once it was asked for."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_one
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobNotFound
from core.jobs.ports import ChunkRepository, JobQueue, JobRepository, Runners
from core.paging import Page
from core.ports import Atomic, Clock
from core.values import DEFAULT_PER_PAGE, parse_page_limit

RETENTION = timedelta(days=30)


@frozen
class ViewJob:
    """Raises `Forbidden`, `JobNotFound`."""

    jobs: JobRepository

    def __call__(self, *, actor: Actor, kind: JobKind, job_id: UUID) -> Job:
        actor.require(Permission.MANAGE_JOBS)
        return _of_kind(self.jobs.get(job_id), kind)


@frozen
class ListJobs:
    """All jobs of one kind, whoever asked for them, newest first. Raises `Forbidden`, `ValidationError`."""

    jobs: JobRepository

    def __call__(
        self, *, actor: Actor, kind: JobKind, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[Job]:
        actor.require(Permission.MANAGE_JOBS)
        return self.jobs.find(kind, after=after, limit=parse_one("limit", parse_page_limit, limit))


@frozen
class CancelJob:
    """Ends a job at once: what is being done right now is dropped, what was done stays done and counted.

    Raises `Forbidden`, `JobNotFound`, `JobEnded`.
    """

    jobs: JobRepository
    chunks: ChunkRepository
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, kind: JobKind, job_id: UUID) -> Job:
        actor.require(Permission.MANAGE_JOBS)

        def cancel() -> Job:
            job = _of_kind(self.jobs.lock(job_id), kind).cancelled(self.clock.now())
            self.jobs.replace(job)
            return job

        job = self.atomic(cancel)
        self.chunks.remove_all(job_id)  # only now: whoever settles one holds it and waits for the job
        return job


@frozen
class DispatchRunnableJobs:
    """Hands over again every job that could go on and that nobody works on: the worker died, the queue lost it or was
    down, or its pause is over. Says which. Raises `Forbidden`."""

    jobs: JobRepository
    queue: JobQueue
    clock: Clock

    def __call__(self, *, actor: Actor) -> tuple[Job, ...]:
        actor.require(Permission.RUN_JOBS)
        waiting = self.jobs.runnable(self.clock.now())
        for job in waiting:
            self.queue.enqueue(job)
        return waiting


@frozen
class RunJob:
    """Goes on with a job until it has ended or there is nothing to do for now; any number of workers may do so at once.

    The job's changes are made in the name of who asked for it. Raises `Forbidden`, `JobNotFound`, `Unavailable`.
    """

    jobs: JobRepository
    runners: Runners

    def __call__(self, *, actor: Actor, job_id: UUID, stopping: Callable[[], bool] = lambda: False) -> Job:
        actor.require(Permission.RUN_JOBS)
        job = self.jobs.get(job_id)
        if not job.state.has_ended:
            self.runners[job.kind](job, stopping=stopping)
        return self.jobs.get(job_id)


@frozen
class PurgeJobs:
    """Removes jobs 30 days after they ended, with what they say of each patient and the rows they rejected. Says how
    many. Raises `Forbidden`."""

    jobs: JobRepository
    clock: Clock
    at_once: int = 10

    def __call__(self, *, actor: Actor) -> int:
        actor.require(Permission.RUN_JOBS)
        before, total = self.clock.now() - RETENTION, 0
        while removed := self.jobs.remove_ended(before, self.at_once):
            total += removed
        return total


def _of_kind(job: Job, kind: JobKind) -> Job:
    if job.kind is not kind:
        raise JobNotFound
    return job
