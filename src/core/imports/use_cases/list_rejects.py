from itertools import islice
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import FieldError
from core.imports.ports import ImportRejects
from core.jobs.entities import JobKind
from core.jobs.ports import JobRepository

MAX_LISTED = 100


@frozen
class RejectReasons:
    """Names no value of the row."""

    line: int
    errors: tuple[FieldError, ...]


@frozen
class ListRejects:
    """The first 100 rejected rows of an import, in file order, with their reasons.

    Raises `Forbidden`, `JobNotFound`."""

    jobs: JobRepository
    rejects: ImportRejects

    def __call__(self, *, actor: Actor, job_id: UUID) -> list[RejectReasons]:
        actor.require(Permission.MANAGE_JOBS)
        self.jobs.get(job_id).ensure_kind(JobKind.IMPORT)
        return [RejectReasons(one.line, one.errors) for one in islice(self.rejects.iterate(job_id), MAX_LISTED)]
