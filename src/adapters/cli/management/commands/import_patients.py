from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.progress import Foreground
from adapters.cli.quiet import quiet
from core.access import Actor
from core.errors import Invalid, RegistryError
from core.jobs.entities import JobKind, JobState
from core.jobs.use_cases import CancelJob, RunJob, ViewJob
from core.patients.files import FileFormat
from core.patients.imports import RowOutcome
from core.patients.use_cases import DownloadRejects, StartImport

PIECE = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Registers every row of a CSV or NDJSON file. Refused rows go to a file beside it, to be mended and imported "
        "as it is. A file that is imported again adds nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", choices=[one.value for one in FileFormat], help="Told by the name unless given."
        )
        parser.add_argument("--update", action="store_true", help="Change a patient who has a row's email already.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would become of the rows; change nothing.")
        parser.add_argument("--rejects", type=Path, help="Where refused rows go: FILE.rejects.csv unless given.")

    @inject
    @quiet()
    def handle(
        self,
        *args: object,
        file: Path,
        format: str | None,
        update: bool,
        dry_run: bool,
        rejects: Path | None,
        start: Annotated[StartImport, Provide["start_import"]],
        run: Annotated[RunJob, Provide["run_job"]],
        view: Annotated[ViewJob, Provide["view_job"]],
        cancel: Annotated[CancelJob, Provide["cancel_job"]],
        download: Annotated[DownloadRejects, Provide["download_rejects"]],
        **options: object,
    ) -> None:
        actor, kind = Actor.system("import_patients"), _format(file, format)
        path = rejects or file.with_name(f"{file.name}.rejects.{kind.value}")
        if path.exists():
            raise CommandError(f"{path} is there already. Move it, or name another file with --rejects.")
        try:
            job_id = start(actor=actor, content=lambda: _pieces(file), format=kind, update=update, dry_run=dry_run).id
            done = Foreground(
                run=lambda stopping: run(actor=actor, job_id=job_id, stopping=stopping),
                view=lambda: view(actor=actor, kind=JobKind.IMPORT, job_id=job_id),
                cancel=lambda: cancel(actor=actor, kind=JobKind.IMPORT, job_id=job_id),
            ).finish(self.stdout)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except Invalid as invalid:
            faults = "\n".join(f"  {fault.field}: {fault.message}" for fault in invalid.faults)
            raise CommandError(f"Nothing was imported.\n{faults}") from None
        except RegistryError as error:
            raise CommandError(str(error)) from None
        for outcome in RowOutcome:
            self.stdout.write(f"{outcome.value:<12}{done.counts.get(outcome, 0):>9,}")
        if done.counts.get(RowOutcome.REJECTED):
            with path.open("wb") as out:
                out.writelines(download(actor=actor, job_id=job_id))
            raise CommandError(f"Some rows were refused. They are in {path}, with their lines, fields and reasons.")
        if done.state is JobState.CANCELLED:
            raise CommandError("Somebody cancelled the import. What was done stays done.")


def _format(file: Path, given: str | None) -> FileFormat:
    ending = given or file.suffix.lstrip(".").lower()
    return FileFormat(ending) if ending in set(FileFormat) else FileFormat.CSV


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece
