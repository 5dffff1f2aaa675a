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

from adapters.cli.progress import Foreground
from adapters.cli.quiet import quiet
from core.access import Actor
from core.errors import RegistryError, ValidationError
from core.files import Encoding, FileFormat, FileOptions, parse_encoding
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.imports.use_cases import DownloadRejects, StartImport
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.use_cases import CancelJob, RunJob, ViewJob

PIECE = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Registers every row of a CSV or NDJSON file or of a spreadsheet. Refused rows go to a file beside it, to be "
        "corrected and imported as it is. A file that is imported again adds nothing twice. `-` reads standard input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", choices=[one.value for one in FileFormat], help="Told by the name unless given."
        )
        parser.add_argument(
            "--encoding", choices=[one.value for one in Encoding], help="Required unless it is UTF-8 or UTF-16."
        )
        parser.add_argument(
            "--date-format", help="How dates are written besides YYYY-MM-DD, such as DD/MM/YYYY or M/D/YYYY."
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="NAME=FIELD",
            help="The field of a column that goes by another name, or nothing to ignore it. May be repeated.",
        )
        parser.add_argument("--ignore-unknown", action="store_true", help="Ignore columns that are unknown.")
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
            raise CommandError(f"{path} is there already. Move it, or name another file with --rejects.")
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
            self._tell(ImportOptions.of(job))
            done = Foreground(
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
        self._report(done, path, download(actor=actor, job_id=job_id))

    def _report(self, done: Job, path: Path, rejects: Iterator[bytes]) -> None:
        for outcome in ImportRowOutcome:
            self.stdout.write(f"{outcome.value:<12}{done.counts.get(outcome, 0):>9,}")
        if done.counts.get(ImportRowOutcome.REJECTED):
            with path.open("wb") as out:
                out.writelines(rejects)
        if done.state is JobState.FAILED:
            raise CommandError(f"The import failed. {done.reason} What was done stays done.")
        if done.state is JobState.CANCELLED:
            raise CommandError("Somebody cancelled the import. What was done stays done.")
        if done.counts.get(ImportRowOutcome.REJECTED):
            raise CommandError(f"Some rows were refused. They are in {path}, with their lines, fields and reasons.")

    def _tell(self, options: ImportOptions) -> None:
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
    """Gives the file from its beginning at each call. Standard input comes only once, so a temporary file keeps it."""
    if str(file) != "-":
        yield partial(_pieces, file)
        return
    with NamedTemporaryFile() as kept:
        copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield partial(_pieces, Path(kept.name))


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece
