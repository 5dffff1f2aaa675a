from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.imports.entities import RejectsPage
from core.imports.services.rejected_rows import RejectedRows


@frozen
class ViewRejects:
    """A page of the rejected rows of an import, with their values and reasons, to be corrected.

    Raises `Forbidden`, `JobNotFound`."""

    rows: RejectedRows
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, job_id: UUID, after: int = 0) -> RejectsPage:
        """The rows after the line `after`."""
        actor.require(Permission.IMPORT_PATIENTS)
        page = self.rows.read(job_id, after)
        self.accesses.record(actor, AccessAction.REJECTS_VIEWED, count=len(page.rows), detail=str(job_id))
        return page
