"""Work in the background by Celery's workers, over Redis or RabbitMQ. The job's row is the truth; a message only says
that it is there."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import structlog
from attrs import frozen
from celery import Celery
from celery.schedules import crontab
from kombu.exceptions import OperationalError

from core.access import Actor
from core.jobs.entities import Job
from core.jobs.ports import JobQueue

RUN, SWEEP, NIGHTLY = "registry.run_job", "registry.hand_over_jobs", "registry.nightly_sync"
WORKS_FOR = 20.0  # seconds: then the job is handed over again, so that a worker can be stopped between two
LONGEST = 180  # seconds, for a task that hangs
LATEST = 600.0  # seconds: a message that waits for longer would be delivered twice by Redis; the sweeper does the rest
EXPIRES = 300  # seconds: by then the sweeper has sent another

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def celery_app(broker: str, time_zone: str, *, sweep_every: float, nightly_at: tuple[int, int] | None) -> Celery:
    """A broker that does not answer fails a message within a second or two; workers wait for it for ever."""
    app = Celery("patient-registry", broker=broker)
    is_redis = broker.startswith("redis")
    quick = {"socket_connect_timeout": 1, "socket_timeout": 5, "max_retries": 0} if is_redis else {}
    app.conf.update(
        accept_content=["json"],
        beat_schedule=_schedule(sweep_every, nightly_at),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=1,
        broker_transport_options=quick,
        task_acks_late=True,
        task_default_queue="patient-registry",
        task_ignore_result=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=LONGEST,
        task_time_limit=LONGEST + 30,
        timezone=time_zone,
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
    )
    return app


def _schedule(sweep_every: float, nightly_at: tuple[int, int] | None) -> dict[str, dict[str, object]]:
    schedule: dict[str, dict[str, object]] = {
        "sweep": {"task": SWEEP, "schedule": sweep_every, "options": {"expires": max(sweep_every, 1.0)}}
    }
    if nightly_at:
        hour, minute = nightly_at
        schedule["nightly"] = {"task": NIGHTLY, "schedule": crontab(hour=hour, minute=minute)}
    return schedule


@frozen
class CeleryQueue(JobQueue):
    """`after_commit` calls at once where no transaction is open."""

    app: Celery
    after_commit: Callable[[Callable[[], None]], object]

    def hand_over(self, job: Job, *, at: datetime | None = None) -> None:
        self.after_commit(lambda: self._send(job, at))

    def _send(self, job: Job, at: datetime | None) -> None:
        wait = min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LATEST) if at else 0.0
        try:
            self.app.send_task(RUN, [str(job.id), job.request_id], countdown=wait, expires=wait + EXPIRES, retry=False)
        except (OperationalError, OSError) as error:
            log.warning("job_not_handed_over", job=str(job.id), error=type(error).__name__)


def define_tasks(
    app: Celery,
    run: Callable[..., Job],
    hand_over: Callable[..., tuple[Job, ...]],
    start_sync: Callable[..., object],
    queue: JobQueue,
) -> None:
    """Those that messages and the schedule name."""
    actor = Actor.system("jobs")

    @app.task(name=RUN)
    def run_job(job_id: str, request_id: str) -> None:
        until = monotonic() + WORKS_FOR
        with structlog.contextvars.bound_contextvars(request_id=request_id, job=job_id):
            job = run(actor=actor, job_id=UUID(job_id), stopping=lambda: monotonic() >= until)
        if not job.state.has_ended and (job.resume_at or monotonic() >= until):
            queue.hand_over(job, at=job.resume_at)

    @app.task(name=SWEEP)
    def hand_over_jobs() -> None:
        hand_over(actor=actor)

    @app.task(name=NIGHTLY)
    def nightly_sync() -> None:
        start_sync(actor=Actor.system("nightly-sync"))
