import sys
from argparse import ArgumentParser
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.core.management.base import BaseCommand, CommandError

from adapters.cli.progress import ForegroundJob
from adapters.cli.quiet import quiet
from core.access import Actor
from core.errors import RegistryError, ValidationError
from core.files import Encoding, FileFormat, FileOptions, parse_encoding
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.imports.use_cases import DownloadRejects, StartImport
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.use_cases import CancelJob, RunJob, ViewJob

BLOCK_BYTES = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Registers every row of a CSV or NDJSON file or of a spreadsheet. Rejected rows go to a file beside it, to be "
        "corrected and imported again. Importing a file twice adds no patient twice. `-` reads standard input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", choices=[file_format.value for file_format in FileFormat], help="Default: from the file name."
        )
        parser.add_argument(
            "--encoding",
            choices=[encoding.value for encoding in Encoding],
            help="Required unless the file is UTF-8 or UTF-16.",
        )
        parser.add_argument(
            "--date-format", help="The format of dates other than YYYY-MM-DD, such as DD/MM/YYYY or M/D/YYYY."
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="NAME=FIELD",
            help="The field of a column with another name, or nothing to ignore it. May be repeated.",
        )
        parser.add_argument("--ignore-unknown", action="store_true", help="Ignore unknown columns.")
        parser.add_argument(
            "--update",
            action="store_true",
            help="Update the patient who already has a row's email, external id or identifier.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Report the results and change nothing.")
        parser.add_argument("--rejects", type=Path, help="The file for rejected rows. Default: FILE.rejects.csv.")

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
        encoding: str | None,
        date_format: str | None,
        column: list[str],
        ignore_unknown: bool,
        start: Annotated[StartImport, Provide["start_import"]],
        run: Annotated[RunJob, Provide["run_job"]],
        view: Annotated[ViewJob, Provide["view_job"]],
        cancel: Annotated[CancelJob, Provide["cancel_job"]],
        download: Annotated[DownloadRejects, Provide["download_rejects"]],
        **options: object,
    ) -> None:
        actor, kind = Actor.system("import_patients"), FileFormat(format) if format else FileFormat.of_name(file.name)
        named = Path("stdin") if str(file) == "-" else file
        path = rejects or named.with_name(f"{named.name}.rejects.{kind.written.value}")
        if path.exists():
            raise CommandError(f"{path} already exists. Move it, or choose another file with --rejects.")
        try:
            file_options = FileOptions.parse(
                columns=_columns(column), ignore_unknown=ignore_unknown, date_format=date_format
            )
            with _content(file) as content:
                job = start(
                    actor=actor,
                    content=content,
                    format=kind,
                    update=update,
                    dry_run=dry_run,
                    encoding=parse_encoding(encoding),
                    file_options=file_options,
                )
            job_id = job.id
            self._print_layout(ImportOptions.of(job))
            ended = ForegroundJob(
                run=lambda stopping: run(actor=actor, job_id=job_id, stopping=stopping),
                view=lambda: view(actor=actor, kind=JobKind.IMPORT, job_id=job_id),
                cancel=lambda: cancel(actor=actor, kind=JobKind.IMPORT, job_id=job_id),
            ).finish(self.stdout)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except ValidationError as invalid:
            errors = "\n".join(f"  {error.field}: {error.message}" for error in invalid.errors)
            raise CommandError(f"Nothing was imported.\n{errors}") from None
        except RegistryError as error:
            raise CommandError(str(error)) from None
        self._report(ended, path, download(actor=actor, job_id=job_id))

    def _report(self, job: Job, path: Path, rejects: Iterator[bytes]) -> None:
        for outcome in ImportRowOutcome:
            self.stdout.write(f"{outcome.value:<12}{job.counts.get(outcome, 0):>9,}")
        if job.counts.get(ImportRowOutcome.REJECTED):
            with path.open("wb") as out:
                out.writelines(rejects)
        if job.state is JobState.FAILED:
            raise CommandError(f"The import failed. {job.reason} Finished rows are kept.")
        if job.state is JobState.CANCELLED:
            raise CommandError("The import was cancelled. Finished rows are kept.")
        if job.counts.get(ImportRowOutcome.REJECTED):
            raise CommandError(f"Some rows were rejected. {path} has them with their lines, fields and reasons.")

    def _print_layout(self, options: ImportOptions) -> None:
        delimiter = f", cells delimited by {options.delimiter!r}" if options.delimiter else ""
        sheet = f", sheet {options.sheet!r}" if options.sheet else ""
        self.stdout.write(f"Read as {options.format.value}, {options.encoding.value}{delimiter}{sheet}.")
        for name, target in options.columns.items():
            self.stdout.write(f"  {name!r}: {target or 'ignored'}")


def _columns(arguments: list[str]) -> dict[str, str | None]:
    columns: dict[str, str | None] = {}
    for argument in arguments:
        name, sign, target = argument.rpartition("=")
        if not sign or name in columns:
            raise CommandError(f"--column {argument} must be NAME=FIELD, or NAME= to ignore it, once for each name.")
        columns[name] = target or None
    return columns


@contextmanager
def _content(file: Path) -> Generator[Callable[[], Iterator[bytes]]]:
    """Each call reads the file from its beginning. Standard input is first copied to a temporary file."""
    if str(file) != "-":
        yield partial(_blocks, file)
        return
    with NamedTemporaryFile() as copy:
        copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield partial(_blocks, Path(copy.name))


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            yield block
