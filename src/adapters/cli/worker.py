import signal

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application


def application() -> WSGIHandler:
    """For a worker process of granian: loads the application, and can be stopped meanwhile.

    A worker begins with the signal handlers of the process it was forked from, which would swallow what should end it.
    """
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, signal.SIG_DFL)
    return get_wsgi_application()
