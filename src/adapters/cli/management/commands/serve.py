import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.serving import serving


class Command(BaseCommand):
    help = "Serves the registry until SIGTERM. The environment configures the server: GRANIAN_PORT, GRANIAN_WORKERS …"

    def handle(self, *args: object, **options: object) -> None:
        if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET:
            raise CommandError("Set SECRET_KEY to a secret of your own: the development secret is public.")
        command, environment = serving(os.environ)
        sys.stdout.flush()
        os.execve(command[0], command, environment)  # noqa: S606  # nosec B606
