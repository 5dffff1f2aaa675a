"""The tasks of Celery workers, and the schedule of Celery beat."""

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
PURGE_CHECK_INTERVAL = 3600.0  # seconds
TIME_SLICE = 180.0  # seconds on one job before the next one
TASK_TIME_LIMIT = 300  # seconds
NIGHTLY_SYNC_EXPIRY = 3600.0  # seconds


class ShutdownFlag:
    """Set in the main process of a worker; shared memory makes it visible in its forked children."""

    def __init__(self) -> None:
        self._shared = mmap(-1, 1)
        signals.worker_shutting_down.connect(self.set, weak=False)

    def set(self, **_details: object) -> None:
        self._shared[0] = 1

    def __bool__(self) -> bool:
        return self._shared[0] == 1


@frozen
class WorkerTasks:
    """Runs jobs in time slices. Usually one worker runs a job: a duplicate message is ignored, unless the broker
    redelivers it because the worker died."""

    jobs: JobRepository
    queue: JobQueue
    run_job: Callable[..., Job]
    dispatch_runnable_jobs: Callable[..., object]
    start_nightly_sync: Callable[..., object]
    purge: Callable[[], None]
    clock: Clock
    stopping: ShutdownFlag = field(factory=ShutdownFlag)

    def run(self, job_id: str, *, redelivered: bool) -> None:
        job = self.jobs.get(UUID(job_id))
        if not redelivered and job.is_runnable(self.clock.now()) and not self._needs_worker(job):
            return
        ends = monotonic() + TIME_SLICE
        actor = Actor.system("jobs")
        with structlog.contextvars.bound_contextvars(request_id=job.request_id, job=job_id):
            job = self.run_job(actor=actor, job_id=job.id, stopping=lambda: bool(self.stopping) or monotonic() > ends)
            if job.resume_at or self._needs_worker(job):
                self.queue.enqueue(job, at=job.resume_at)

    def _needs_worker(self, job: Job) -> bool:
        return any(job.id == runnable.id for runnable in self.jobs.runnable(self.clock.now()))

    def dispatch(self) -> None:
        self.dispatch_runnable_jobs(actor=Actor.system("dispatcher"))

    def sync_nightly(self) -> None:
        self.start_nightly_sync(actor=Actor.system("nightly-sync"))

    def purge_daily(self) -> None:
        self.purge()


def worker_app(
    broker_url: str, tasks: WorkerTasks, *, dispatch_interval: float, nightly: tuple[int, int] | None, time_zone: str
) -> Celery:
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
        task_time_limit=TASK_TIME_LIMIT,
        worker_prefetch_multiplier=1,
        beat_schedule=_schedule(dispatch_interval, nightly),
    )

    def run_job(task: Task, job_id: str) -> None:
        tasks.run(job_id, redelivered=bool(task.request.delivery_info["redelivered"]))

    app.task(run_job, name=RUN_JOB, bind=True)
    define = partial(app.task, typing=False)  # Celery miscounts the parameters of methods
    define(tasks.dispatch, name=DISPATCH_RUNNABLE_JOBS)
    define(tasks.purge_daily, name=PURGE)
    define(tasks.sync_nightly, name=NIGHTLY_SYNC, acks_late=False)  # a redelivered task could start a second sync
    return app


def _schedule(dispatch_interval: float, nightly: tuple[int, int] | None) -> Mapping[str, Any]:
    schedule = {
        DISPATCH_RUNNABLE_JOBS: {
            "task": DISPATCH_RUNNABLE_JOBS,
            "schedule": dispatch_interval,
            "options": {"expires": dispatch_interval},
        },
        PURGE: {"task": PURGE, "schedule": PURGE_CHECK_INTERVAL},
    }
    if nightly is None:
        return schedule
    at = crontab(hour=nightly[0], minute=nightly[1])
    return schedule | {
        NIGHTLY_SYNC: {"task": NIGHTLY_SYNC, "schedule": at, "options": {"expires": NIGHTLY_SYNC_EXPIRY}}
    }
