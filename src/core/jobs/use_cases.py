"""Use cases for jobs of any kind."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_field
from core.jobs.entities import Job, JobKind
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
        return self.jobs.get(job_id).ensure_kind(kind)


@frozen
class ListJobs:
    """Lists all jobs of one kind, newest first. Raises `Forbidden`, `ValidationError`."""

    jobs: JobRepository

    def __call__(
        self, *, actor: Actor, kind: JobKind, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[Job]:
        actor.require(Permission.MANAGE_JOBS)
        return self.jobs.find(kind, after=after, limit=parse_field("limit", parse_page_limit, limit))


@frozen
class CancelJob:
    """Ends a job immediately. Work in progress is discarded; finished records stay finished and counted.

    Raises `Forbidden`, `JobNotFound`, `JobEnded`.
    """

    jobs: JobRepository
    chunks: ChunkRepository
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, kind: JobKind, job_id: UUID) -> Job:
        actor.require(Permission.MANAGE_JOBS)

        def cancel() -> Job:
            job = self.jobs.lock(job_id).ensure_kind(kind).cancelled(self.clock.now())
            self.jobs.replace(job)
            return job

        job = self.atomic(cancel)
        self.chunks.remove_all(job_id)  # after the commit: a worker that completes a chunk locks it first, then the job
        return job


@frozen
class DispatchRunnableJobs:
    """Enqueues and returns every runnable job that no worker is working on: its worker died, the queue lost it or was
    down, or its pause has ended. Raises `Forbidden`."""

    jobs: JobRepository
    queue: JobQueue
    clock: Clock

    def __call__(self, *, actor: Actor) -> tuple[Job, ...]:
        actor.require(Permission.RUN_JOBS)
        runnable = self.jobs.runnable(self.clock.now())
        for job in runnable:
            self.queue.enqueue(job)
        return runnable


@frozen
class RunJob:
    """Continues a job until it ends or no work is available. Any number of workers may run the same job.

    Changes are recorded under the actor that started the job. Raises `Forbidden`, `JobNotFound`, `Unavailable`.
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
    """Removes jobs 30 days after they ended, with their results and rejected rows. Returns how many.

    Raises `Forbidden`."""

    jobs: JobRepository
    clock: Clock
    batch_size: int = 10

    def __call__(self, *, actor: Actor) -> int:
        actor.require(Permission.RUN_JOBS)
        before, total = self.clock.now() - RETENTION, 0
        while removed := self.jobs.remove_ended(before, self.batch_size):
            total += removed
        return total
