"""Undoing what a job changed."""

from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_field
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobNotEnded
from core.jobs.ports import JobRepository
from core.jobs.services.starter import JobStarter
from core.paging import Page
from core.undo.entities import UndoOptions, UndoResult
from core.undo.ports import JobChanges, UndoResults
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class UndoJob:
    """Starts a background job that takes back what a sync job or an import changed, or another undo.

    Each field gets its former value, unless it was changed since. A patient that the job registered is erased, unless
    the record was changed since.
    Raises `Forbidden`, `JobNotFound`, `JobNotEnded`, and `JobUnderWay` while the job is being undone.
    """

    jobs: JobRepository
    changes: JobChanges
    starter: JobStarter

    def __call__(self, *, actor: Actor, kind: JobKind, job_id: UUID) -> Job:
        actor.require(Permission.UNDO_JOBS)
        if not self.jobs.get(job_id).ensure_kind(kind).state.has_ended:
            raise JobNotEnded
        return self.starter.start(
            actor,
            JobKind.UNDO,
            options=UndoOptions(job_id).to_json(),
            total=self.changes.count(job_id),
            key=f"undo-{job_id}",
        )


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
        self.jobs.get(job_id).ensure_kind(JobKind.UNDO)
        return self.results.failures(job_id, after=after, limit=parse_field("limit", parse_page_limit, limit))
