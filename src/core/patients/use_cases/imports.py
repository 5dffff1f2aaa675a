from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.jobs.entities import Chunk, Job, JobKind
from core.jobs.errors import JobNotFound
from core.jobs.ports import Chunks, JobQueue, Jobs
from core.patients.files import (
    AS_IT_STANDS,
    Encoding,
    EncodingDetector,
    FileFormat,
    FileOptions,
    read_layout,
    to_utf8,
    write_rejects,
)
from core.patients.imports import ImportOptions
from core.patients.ports import ImportFiles, ImportRejects
from core.ports import Atomic, Clock, Ids

HEAD = 64 * 1024
Content = Callable[[], Iterable[bytes]]
"""Gives a file anew at each call, in pieces: it is never held whole."""


@frozen
class StartImport:
    """Asks for every row of a file to be registered in the background, by the rules of a registration.

    The file is stored before anybody is asked to work on it, and the answer does not depend on that being possible now.
    The same file, asked for in the same way while its import is under way, is the same import.
    Raises `Forbidden`, and `Invalid` for a file that cannot be read or whose columns do not fit.
    """

    jobs: Jobs
    chunks: Chunks
    files: ImportFiles
    queue: JobQueue
    atomic: Atomic
    clock: Clock
    ids: Ids

    def __call__(
        self,
        *,
        actor: Actor,
        content: Content,
        format: FileFormat,
        update: bool = False,
        dry_run: bool = False,
        encoding: Encoding | None = None,
        file_options: FileOptions = AS_IT_STANDS,
    ) -> Job:
        """`encoding` is told from the file where it is None."""
        actor.require(Permission.IMPORT_PATIENTS)
        digest, detected = _survey(content)
        text = partial(_in_utf8, content, encoding or detected)
        head, lines = _measure(text)
        layout = read_layout(format, head, file_options)
        options = ImportOptions(
            format, digest, update, dry_run, encoding or detected, layout.delimiter, layout.named_columns, file_options
        ).plain
        for job in self.jobs.going_on(JobKind.IMPORT):
            if job.options == options:
                return job
        now = self.clock.now()
        job = Job(
            id=self.ids.new(now),
            kind=JobKind.IMPORT,
            actor=actor.name,
            request_id=actor.request_id,
            options=options,
            created_at=now,
            total=max(0, lines - layout.first_line + 1),
            position=None,
        )
        whole = Chunk(id=job.id, job_id=job.id, items=(), lease=None, free_at=now)

        def store() -> None:
            self.jobs.add(job)
            self.chunks.add(whole)  # one chunk, as a row may be a duplicate of any before it
            self.files.keep(job.id, layout, text())

        self.atomic(store)
        self.queue.hand_over(job)
        return job


@frozen
class DownloadRejects:
    """The rows that an import refused, as a file that can be mended and imported as it is. Raises `Forbidden`,
    `JobNotFound`."""

    jobs: Jobs
    files: ImportFiles
    rejects: ImportRejects

    def __call__(self, *, actor: Actor, job_id: UUID) -> Iterator[bytes]:
        actor.require(Permission.IMPORT_PATIENTS)
        job = self.jobs.get(job_id)
        if job.kind is not JobKind.IMPORT:
            raise JobNotFound
        return write_rejects(self.files.layout(job_id), self.rejects.of(job_id))


def _survey(content: Content) -> tuple[str, Encoding]:
    """The file's digest, and its encoding as far as it shows."""
    digest, detector = sha256(), EncodingDetector()
    for piece in content():
        digest.update(piece)
        detector.feed(piece)
    return digest.hexdigest(), detector.found()


def _in_utf8(content: Content, encoding: Encoding) -> Iterator[bytes]:
    return to_utf8(content(), encoding)


def _measure(text: Content) -> tuple[bytes, int]:
    """The beginning of the file, and how many lines it has."""
    head, lines, last = b"", 0, b""
    for piece in text():
        head += piece[: HEAD - len(head)]
        lines += piece.count(b"\n")
        last = piece or last
    return head, lines + (not last.endswith(b"\n"))
