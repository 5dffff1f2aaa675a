import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from core.access import Actor
from core.errors import RegistryError
from core.subject_access.use_cases import ExportSubjectAccess


class Command(BaseCommand):
    help = "Writes everything that the registry has about a patient to a new JSON file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("patient", type=UUID, help="The id of the patient.")
        parser.add_argument("file", type=Path, help="The file, which must not exist yet. Only its owner may read it.")

    @inject
    def handle(
        self,
        *args: object,
        patient: UUID,
        file: Path,
        export: Annotated[ExportSubjectAccess, Provide["export_subject_access"]],
        **options: object,
    ) -> None:
        try:
            pieces = export(actor=Actor.system("subject_access"), patient_id=patient)
            with open(file, "xb", opener=_private) as written:
                written.writelines(pieces)
        except RegistryError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Wrote {file}. Read it before you hand it over: it can name other persons.")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
