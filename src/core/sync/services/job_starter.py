from attrs import frozen

from core.access import Actor
from core.jobs.entities import Job, JobKind
from core.jobs.services.starter import JobStarter
from core.sync.entities import SyncScope
from core.sync.ports import PatientsForSync


@frozen
class SyncJobStarter:
    """Starts sync jobs, of the patients that exist then."""

    patients: PatientsForSync
    starter: JobStarter

    def start(self, actor: Actor, scope: SyncScope, *, key: str | None = None) -> Job:
        """Raises `JobUnderWay` while a job with the same `key` is unfinished."""
        total = 1 if scope.patient_id else self.patients.count_by_status(scope.statuses)
        return self.starter.start(actor, JobKind.SYNC, options=scope.options, total=total, key=key)
