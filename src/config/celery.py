"""For Celery's own programs: `celery --app config.celery worker` and `… beat`."""

import django

from adapters.tasks.celery import CeleryQueue, define_tasks
from bootstrap import choose_settings
from config.apps import RegistryConfig

choose_settings()
django.setup()
container = RegistryConfig.current().container
queue = container.job_queue()
if not isinstance(queue, CeleryQueue):
    raise SystemExit("Set CELERY_BROKER_URL: without a broker, the server itself works on jobs.")
app = queue.app
define_tasks(app, container.run_job(), container.hand_over_jobs(), container.start_sync_job(), queue)
