"""Jobs with a broker, Redis or RabbitMQ: whoever asks for one sends its id, and workers of their own do it."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from attrs import frozen
from celery import Celery

from core.jobs.entities import Job
from core.jobs.ports import JobQueue
from core.ports import Clock

RUN_JOB = "registry.run_job"
QUEUE = "patient-registry"
MAX_COUNTDOWN = 600.0  # seconds; a worker holds the message meanwhile, and brokers take it back after 30 minutes
MESSAGE_LASTS = 600.0  # seconds; by then the sweeper has sent others
SECONDS_FOR_THE_BROKER = 1.0
SHARED = {
    "accept_content": ["json"],
    "task_default_queue": QUEUE,
    "task_ignore_result": True,
    "task_serializer": "json",
}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@frozen
class CeleryQueue(JobQueue):
    """Sends a message once what asked for it is committed. It waits little for the broker: a job whose message is lost
    is handed over again by the sweeper, and one that waits for long as well.

    `after_commit` calls at once where no transaction is open."""

    app: Celery
    after_commit: Callable[[Callable[[], None]], object]
    clock: Clock

    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        self.after_commit(lambda: self._send(job, at))

    def _send(self, job: Job, at: datetime | None) -> None:
        wait = min(max((at - self.clock.now()).total_seconds(), 0.0), MAX_COUNTDOWN) if at else 0.0
        try:
            self.app.send_task(RUN_JOB, [str(job.id)], countdown=wait or None, expires=wait + MESSAGE_LASTS)
        except Exception as error:  # noqa: BLE001
            log.warning("job_not_handed_over", job=str(job.id), error=type(error).__qualname__)


def sender(broker_url: str) -> Celery:
    """For a process that sends and does not work. It gives up early."""
    app = Celery("patient-registry", broker=broker_url, set_as_current=False, fixups=[])
    app.conf.update(
        SHARED,
        broker_connection_timeout=SECONDS_FOR_THE_BROKER,
        broker_transport_options=_impatient(broker_url),
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    )
    return app


def _impatient(broker_url: str) -> dict[str, object]:
    """One try: without `max_retries` a connection is tried for ever."""
    once: dict[str, object] = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    timeouts = ("socket_connect_timeout", "socket_timeout")
    if urlsplit(broker_url).scheme in {"amqp", "amqps"}:
        once["confirm_publish"] = True
        timeouts = ("read_timeout", "write_timeout")
    return once | dict.fromkeys(timeouts, SECONDS_FOR_THE_BROKER)
