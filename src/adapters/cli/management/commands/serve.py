import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.serving import server_command


class Command(BaseCommand):
    help = "Serves the registry until SIGTERM. The environment configures the server: GRANIAN_PORT, GRANIAN_WORKERS …"

    def handle(self, *args: object, **options: object) -> None:
        if settings.SECRET_KEY == settings.DEVELOPMENT_SECRET:
            raise CommandError("Set SECRET_KEY to your own secret: the development secret is public.")
        command, environment = server_command(os.environ)
        sys.stdout.flush()
        os.execve(command[0], command, environment)  # noqa: S606  # nosec B606
