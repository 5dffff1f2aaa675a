from argparse import ArgumentParser
from pathlib import Path
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core.access import Actor
from core.backups.use_cases import Restore
from core.errors import RegistryError
from core.patients.use_cases import RestartChanges

Restarting = Annotated[RestartChanges, Provide["restart_changes"]]


class Command(BaseCommand):
    help = "Restores the database from a backup, while no server and no worker runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="A file that the command backup saved.")
        parser.add_argument("--force", action="store_true", help="Replace everything that is in the database.")

    @inject
    def handle(
        self,
        *args: object,
        file: Path,
        force: bool,
        restore: Annotated[Restore, Provide["restore"]],
        restart: Restarting,
        **options: object,
    ) -> None:
        actor = Actor.system("restore")
        try:
            restore(actor=actor, path=file, replace=force)
        except RegistryError as error:
            raise CommandError(f"Nothing was restored. {error}") from None
        self.stdout.write(f"Restored {file}.")
        call_command("migrate", interactive=False, verbosity=0)
        restart(actor=actor)
        if settings.ERASURE_LEDGER:
            call_command("replay_erasures", stdout=self.stdout, stderr=self.stderr)
        else:
            self.stderr.write("ERASURE_LEDGER is not set: patients who were erased since the backup are back.")
        call_command("verify_audit", stdout=self.stdout, stderr=self.stderr)
