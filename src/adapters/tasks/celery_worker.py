"""What Celery's workers do, and what its beat asks them for."""

from collections.abc import Callable, Mapping
from functools import partial
from mmap import mmap
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from attrs import field, frozen
from celery import Celery, Task, signals
from celery.schedules import crontab

from adapters.tasks.celery import RUN_JOB, SHARED
from core.access import Actor
from core.jobs.entities import Job
from core.jobs.ports import JobQueue, JobRepository
from core.ports import Clock

DISPATCH_RUNNABLE_JOBS = "registry.dispatch_runnable_jobs"
NIGHTLY_SYNC = "registry.nightly_sync"
PURGE = "registry.purge"
SECONDS_BETWEEN_LOOKS_FOR_PURGE = 3600.0
SECONDS_AT_A_TIME = 180.0
SECONDS_BEFORE_IT_IS_KILLED = 300
SECONDS_TO_BE_ON_TIME = 3600.0


class Stopping:
    """Told once, to the first process of a worker; known to the children it was forked into."""

    def __init__(self) -> None:
        self._shared = mmap(-1, 1)
        signals.worker_shutting_down.connect(self.tell, weak=False)

    def tell(self, **_details: object) -> None:
        self._shared[0] = 1

    def __bool__(self) -> bool:
        return self._shared[0] == 1


@frozen
class Work:
    """What the tasks do. A job is worked on for some minutes at a time, so that others have their turn, and by one
    worker as a rule: a second message is passed over, unless it is that of a worker who died."""

    jobs: JobRepository
    queue: JobQueue
    run_job: Callable[..., Job]
    dispatch_runnable_jobs: Callable[..., object]
    start_nightly_sync: Callable[..., object]
    purge: Callable[[], None]
    clock: Clock
    stopping: Stopping = field(factory=Stopping)

    def run(self, job_id: str, *, again: bool) -> None:
        """`again` where the message was delivered before."""
        job = self.jobs.get(UUID(job_id))
        if not again and job.is_runnable(self.clock.now()) and not self._waits(job):
            return
        ends = monotonic() + SECONDS_AT_A_TIME
        actor = Actor.system("jobs")
        with structlog.contextvars.bound_contextvars(request_id=job.request_id, job=job_id):
            job = self.run_job(actor=actor, job_id=job.id, stopping=lambda: bool(self.stopping) or monotonic() > ends)
            if job.resume_at or self._waits(job):
                self.queue.enqueue(job, at=job.resume_at)

    def _waits(self, job: Job) -> bool:
        return any(job.id == one.id for one in self.jobs.runnable(self.clock.now()))

    def sweep(self) -> None:
        self.dispatch_runnable_jobs(actor=Actor.system("sweeper"))

    def sync_at_night(self) -> None:
        self.start_nightly_sync(actor=Actor.system("nightly-sync"))

    def purge_daily(self) -> None:
        self.purge()


def worker(broker_url: str, work: Work, *, sweep: float, nightly: tuple[int, int] | None, time_zone: str) -> Celery:
    app = Celery("patient-registry", broker=broker_url)
    if broker_url.startswith("redis"):
        app.conf.broker_transport = "adapters.tasks.redis_transport:Transport"
    app.conf.update(
        SHARED,
        timezone=time_zone,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=SECONDS_BEFORE_IT_IS_KILLED,
        worker_prefetch_multiplier=1,
        beat_schedule=_schedule(sweep, nightly),
    )

    @app.task(name=RUN_JOB, bind=True)
    def run_job(task: Task, job_id: str) -> None:
        work.run(job_id, again=bool(task.request.delivery_info["redelivered"]))

    define = partial(app.task, typing=False)  # Celery counts the parameters of a method wrongly
    define(work.sweep, name=DISPATCH_RUNNABLE_JOBS)
    define(work.purge_daily, name=PURGE)
    define(work.sync_at_night, name=NIGHTLY_SYNC, acks_late=False)  # a second one would sync everybody again
    return app


def _schedule(sweep: float, nightly: tuple[int, int] | None) -> Mapping[str, Any]:
    schedule = {
        DISPATCH_RUNNABLE_JOBS: {"task": DISPATCH_RUNNABLE_JOBS, "schedule": sweep, "options": {"expires": sweep}},
        PURGE: {"task": PURGE, "schedule": SECONDS_BETWEEN_LOOKS_FOR_PURGE},
    }
    if nightly is None:
        return schedule
    at = crontab(hour=nightly[0], minute=nightly[1])
    return schedule | {
        NIGHTLY_SYNC: {"task": NIGHTLY_SYNC, "schedule": at, "options": {"expires": SECONDS_TO_BE_ON_TIME}}
    }
