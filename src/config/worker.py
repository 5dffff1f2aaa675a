import signal
import sys

import structlog
from django.core.handlers.wsgi import WSGIHandler

from core import __version__

ALARM_INTERVAL = 1.0  # seconds


def application() -> WSGIHandler:
    """For a worker process of granian: loads the application, and can be stopped meanwhile.

    A worker begins with the signal handlers of the process it was forked from, which would swallow what should end it.
    CPython may leave a SIGTERM that arrives while threads start unhandled until the next signal, which is the alarm.
    """
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, ALARM_INTERVAL, ALARM_INTERVAL)
    from bootstrap import in_process_worker  # noqa: PLC0415 (this is what may have to be stopped)
    from config import wsgi  # noqa: PLC0415
    from config.apps import RegistryConfig  # noqa: PLC0415

    if worker := in_process_worker(RegistryConfig.current().container):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # until granian's own: the worker has to release its work
        worker.start()
    structlog.stdlib.get_logger(__name__).info("server_started", version=__version__)
    return wsgi.application
