from argparse import ArgumentParser
from pathlib import Path
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from core.access import Actor
from core.backups.use_cases import BackUp
from core.errors import RegistryError
from core.patients.use_cases import CompleteErasureLedger


class Command(BaseCommand):
    help = "Saves the whole database in a new file, while the registry runs, with a checksum file beside it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The backup, which must not exist yet.")

    @inject
    def handle(
        self,
        *args: object,
        file: Path,
        back_up: Annotated[BackUp, Provide["back_up"]],
        complete: Annotated[CompleteErasureLedger, Provide["complete_erasure_ledger"]],
        **options: object,
    ) -> None:
        actor = Actor.system("backup")
        try:
            complete(actor=actor)
            back_up(actor=actor, path=file)
        except RegistryError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Saved {file.stat().st_size:,} bytes in {file}.")
