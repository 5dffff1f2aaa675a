"""The Celery job engine with Redis or RabbitMQ: the server sends the id of a job, a Celery worker runs it."""

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
MAX_COUNTDOWN = 600.0  # seconds; a worker holds the message, and brokers redeliver it after 30 minutes
MESSAGE_EXPIRY = 600.0  # seconds; the periodic dispatch sends new messages
BROKER_TIMEOUT = 1.0  # seconds
SHARED = {
    "accept_content": ["json"],
    "task_default_queue": QUEUE,
    "task_ignore_result": True,
    "task_serializer": "json",
}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@frozen
class CeleryQueue(JobQueue):
    """Sends a message after the commit. It fails fast: the periodic dispatch enqueues a job again if its message is
    lost or its delay exceeds `MAX_COUNTDOWN`.

    `after_commit` calls its argument immediately when no transaction is open.
    """

    app: Celery
    after_commit: Callable[[Callable[[], None]], object]
    clock: Clock

    def enqueue(self, job: Job, *, at: datetime | None = None) -> None:
        self.after_commit(lambda: self._send(job, at))

    def _send(self, job: Job, at: datetime | None) -> None:
        delay = min(max((at - self.clock.now()).total_seconds(), 0.0), MAX_COUNTDOWN) if at else 0.0
        try:
            self.app.send_task(RUN_JOB, [str(job.id)], countdown=delay or None, expires=delay + MESSAGE_EXPIRY)
        except Exception as error:  # noqa: BLE001
            log.warning("job_enqueue_failed", job=str(job.id), error=type(error).__qualname__)


def producer_app(broker_url: str) -> Celery:
    """For a process that only sends messages. It fails fast."""
    app = Celery("patient-registry", broker=broker_url, set_as_current=False, fixups=[])
    app.conf.update(
        SHARED,
        broker_connection_timeout=BROKER_TIMEOUT,
        broker_transport_options=_fail_fast(broker_url),
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
    )
    return app


def _fail_fast(broker_url: str) -> dict[str, object]:
    """One attempt: without `max_retries` Celery tries to connect forever."""
    once: dict[str, object] = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    timeouts = ("socket_connect_timeout", "socket_timeout")
    if urlsplit(broker_url).scheme in {"amqp", "amqps"}:
        once["confirm_publish"] = True
        timeouts = ("read_timeout", "write_timeout")
    return once | dict.fromkeys(timeouts, BROKER_TIMEOUT)
