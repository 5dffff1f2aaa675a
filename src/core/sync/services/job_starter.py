from attrs import frozen

from core.access import Actor
from core.jobs.entities import Job, JobKind
from core.jobs.ports import JobQueue, JobRepository
from core.ports import Atomic, Clock, IdGenerator
from core.sync.entities import SyncScope
from core.sync.ports import PatientsForSync


@frozen
class SyncJobStarter:
    """Stores a sync job of the patients that exist now, then enqueues it. The job is safe even if the queue is down."""

    jobs: JobRepository
    patients: PatientsForSync
    queue: JobQueue
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def start(self, actor: Actor, scope: SyncScope, *, key: str | None = None) -> Job:
        """Raises `JobUnderWay` while a job with the same `key` is unfinished."""
        now = self.clock.now()
        job = Job(
            id=self.ids.new(now),
            kind=JobKind.SYNC,
            actor=actor.name,
            request_id=actor.request_id,
            options=scope.options,
            created_at=now,
            key=key,
            total=1 if scope.patient_id else self.patients.count_by_status(scope.statuses),
        )
        self.atomic(lambda: self.jobs.add(job))
        self.queue.enqueue(job)
        return job
