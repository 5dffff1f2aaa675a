from collections.abc import Callable, Mapping

from attrs import frozen

from core.access import Actor
from core.jobs.entities import Job, JobKind
from core.jobs.errors import JobUnderWay
from core.jobs.ports import JobQueue, JobRepository
from core.ports import Atomic, Clock, IdGenerator


@frozen
class JobStarter:
    """Stores a new job, then enqueues it. The job is safe even if the queue is down."""

    jobs: JobRepository
    queue: JobQueue
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def start(
        self,
        actor: Actor,
        kind: JobKind,
        *,
        options: Mapping[str, object],
        total: int,
        key: str | None = None,
        position: str | None = "",
        also: Callable[[Job], None] = lambda _: None,
    ) -> Job:
        """`also` stores what belongs to the job, in the same transaction.

        Raises `JobUnderWay` while a job with the same `key` is unfinished.
        """
        now = self.clock.now()
        job = Job(
            id=self.ids.new(now),
            kind=kind,
            actor=actor.name,
            request_id=actor.request_id,
            options=options,
            created_at=now,
            key=key,
            total=total,
            position=position,
        )

        def store() -> bool:
            if not self.jobs.add(job):
                return False
            also(job)
            return True

        if not self.atomic(store):
            raise JobUnderWay
        self.queue.enqueue(job)
        return job
