"""Undoing what a job changed."""

from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_field
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobNotEnded, JobNotFound
from core.jobs.ports import JobQueue, JobRepository
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.undo.entities import UndoOptions, UndoResult
from core.undo.ports import JobChanges, UndoResults
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class UndoJob:
    """Starts a background job that takes back what a sync job or an import changed, or another undo.

    Each field gets its former value, unless it was changed since. A patient whom the job registered is erased, unless
    the record was changed since.
    Raises `Forbidden`, `JobNotFound`, `JobNotEnded`, and `JobUnderWay` while the job is being undone.
    """

    jobs: JobRepository
    changes: JobChanges
    queue: JobQueue
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(self, *, actor: Actor, kind: JobKind, job_id: UUID) -> Job:
        actor.require(Permission.UNDO_JOBS)
        undone = self.jobs.get(job_id)
        if undone.kind is not kind:
            raise JobNotFound
        if not undone.state.has_ended:
            raise JobNotEnded
        now = self.clock.now()
        job = Job(
            id=self.ids.new(now),
            kind=JobKind.UNDO,
            actor=actor.name,
            request_id=actor.request_id,
            options=UndoOptions(job_id).to_json(),
            created_at=now,
            key=f"undo-{job_id}",
            total=self.changes.count(job_id),
        )
        self.atomic(lambda: self.jobs.add(job))
        self.queue.enqueue(job)
        return job


@frozen
class ListUndoFailures:
    """Lists the patients of an undo job that need review: some of their fields keep a later change, or another patient
    has a former value by now. Raises `Forbidden`, `ValidationError`, `JobNotFound`.
    """

    jobs: JobRepository
    results: UndoResults

    def __call__(
        self, *, actor: Actor, job_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[UndoResult]:
        actor.require(Permission.MANAGE_JOBS)
        if self.jobs.get(job_id).kind is not JobKind.UNDO:
            raise JobNotFound
        return self.results.failures(job_id, after=after, limit=parse_field("limit", parse_page_limit, limit))
