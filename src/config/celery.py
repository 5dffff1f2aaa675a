"""For `celery -A config.celery worker` and `celery -A config.celery beat`, with `src` on the path."""

import django
import structlog
from celery import Celery, signals
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from adapters.tasks.celery_worker import WorkerTasks, worker_app
from config.apps import RegistryConfig
from config.registry import choose_settings
from core import __version__

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@signals.setup_logging.connect
def keep_logging(**_details: object) -> None:
    """As the registry has set it up: Celery's own would write what a task is called with."""


@signals.worker_ready.connect
def log_worker(**_details: object) -> None:
    log.info("worker_started", version=__version__)


@signals.beat_init.connect
def log_beat(**_details: object) -> None:
    log.info("beat_started", version=__version__)


def _app() -> Celery:
    choose_settings()
    django.setup()
    if not settings.CELERY_BROKER_URL:
        raise ImproperlyConfigured("Set CELERY_BROKER_URL. Without a broker, the server does the jobs itself.")
    registry = RegistryConfig.current().container
    tasks = WorkerTasks(
        registry.jobs(),
        registry.job_queue(),
        registry.run_job(),
        registry.dispatch_runnable_jobs(),
        registry.start_nightly_sync(),
        registry.daily_purge(),
        registry.clock(),
    )
    return worker_app(
        settings.CELERY_BROKER_URL,
        tasks,
        dispatch_interval=settings.JOB_SWEEP,
        nightly=settings.NIGHTLY_SYNC,
        time_zone=settings.TIME_ZONE,
    )


app = _app()
