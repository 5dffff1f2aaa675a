from collections.abc import Iterator
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.files import write_rejects
from core.imports.entities import ImportRowOutcome
from core.imports.ports import ImportFiles, ImportRejects
from core.jobs.entities import JobKind
from core.jobs.ports import JobRepository


@frozen
class DownloadRejects:
    """Returns the rejected rows of an import as a file that can be corrected and imported again.

    Raises `Forbidden`, `JobNotFound`."""

    jobs: JobRepository
    files: ImportFiles
    rejects: ImportRejects
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, job_id: UUID) -> Iterator[bytes]:
        actor.require(Permission.IMPORT_PATIENTS)
        job = self.jobs.get(job_id).ensure_kind(JobKind.IMPORT)
        count = sum(job.counts.get(outcome, 0) for outcome in (ImportRowOutcome.DUPLICATE, ImportRowOutcome.REJECTED))
        pieces = write_rejects(self.files.layout(job_id), self.rejects.iterate(job_id))
        return self._read(actor, job_id, count, pieces)

    def _read(self, actor: Actor, job_id: UUID, count: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        self.accesses.record(actor, AccessAction.REJECTS_DOWNLOADED, count=count, detail=str(job_id))
        yield from pieces
