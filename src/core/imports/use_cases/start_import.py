from contextlib import suppress

from attrs import frozen

from core.access import Actor, Permission
from core.files import DEFAULT_OPTIONS, Encoding, FileFormat, FileOptions, Layout, read_layout
from core.files.opening import HEAD, Content, open_file
from core.files.ports import Spreadsheets
from core.imports.entities import ImportOptions
from core.imports.ports import ImportFiles
from core.jobs.entities import Chunk, Job, JobKind
from core.jobs.errors import JobUnderWay
from core.jobs.ports import ChunkRepository, JobRepository
from core.jobs.services.starter import JobStarter


@frozen
class StartImport:
    """Starts a background import of a file, which registers every row by the rules of a registration.

    Stores the file and the job first, so that it does not depend on the queue. Returns the unfinished import if the
    same actor has already started it with the same file and options. Raises `Forbidden`, `ValidationError` for a file
    that cannot be read or has wrong columns, and `Unavailable`.
    """

    jobs: JobRepository
    chunks: ChunkRepository
    files: ImportFiles
    spreadsheets: Spreadsheets
    starter: JobStarter

    def __call__(
        self,
        *,
        actor: Actor,
        content: Content,
        format: FileFormat,
        update: bool = False,
        dry_run: bool = False,
        encoding: Encoding | None = None,
        file_options: FileOptions = DEFAULT_OPTIONS,
    ) -> Job:
        """Detects the encoding if it is None."""
        actor.require(Permission.IMPORT_PATIENTS)
        with open_file(content, format, encoding, self.spreadsheets) as file:
            head, lines = _measure(file.text)
            layout = read_layout(format, head, file_options)
            options = ImportOptions(
                format=format,
                digest=file.digest,
                update=update,
                dry_run=dry_run,
                encoding=file.encoding,
                delimiter="" if format.is_spreadsheet else layout.delimiter,
                sheet=file.sheet,
                columns=layout.named_columns,
                file_options=file_options,
            )
            return self._start(actor, options, layout, lines, file.text)

    def _start(self, actor: Actor, options: ImportOptions, layout: Layout, lines: int, text: Content) -> Job:
        key = options.key(actor.name)
        while True:
            if job := self.jobs.unfinished(key):
                return job
            with suppress(JobUnderWay):  # started concurrently; it may have ended since
                return self._add(actor, options, key, layout, lines, text)

    def _add(self, actor: Actor, options: ImportOptions, key: str, layout: Layout, lines: int, text: Content) -> Job:
        def store(job: Job) -> None:
            # a single chunk, because a row may duplicate any earlier row
            self.chunks.add(Chunk(id=job.id, job_id=job.id, items=(), lease=None, available_at=job.created_at))
            self.files.save(job.id, layout, text())

        return self.starter.start(
            actor,
            JobKind.IMPORT,
            options=options.to_json(),
            total=max(0, lines - layout.first_line + 1),
            key=key,
            position=None,
            also=store,
        )


def _measure(text: Content) -> tuple[bytes, int]:
    """The first `HEAD` bytes and the number of lines."""
    head, lines, last = b"", 0, b""
    for block in text():
        head += block[: HEAD - len(head)]
        lines += block.count(b"\n")
        last = block or last
    return head, lines + (not last.endswith(b"\n"))
