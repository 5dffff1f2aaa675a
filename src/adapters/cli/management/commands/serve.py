import os
import sys

from django.core.management.base import BaseCommand

from adapters.cli.serving import serving


class Command(BaseCommand):
    help = "Serves the registry until SIGTERM. The environment configures the server: GRANIAN_PORT, GRANIAN_WORKERS …"

    def handle(self, *args: object, **options: object) -> None:
        command, environment = serving(os.environ)
        sys.stdout.flush()
        os.execve(command[0], command, environment)  # noqa: S606  # nosec B606
