"""Keeping a file while its sender sees how it would be read, checks it, and imports it."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.files import DEFAULT_OPTIONS, Encoding, FileFormat, FileOptions, FilePreview, preview_file
from core.files.opening import HEAD, Content, digest_and_encoding, open_text
from core.files.ports import Spreadsheets
from core.imports.entities import KEEP_UPLOADS, Upload
from core.imports.errors import UploadNotFound
from core.imports.ports import Uploads
from core.ports import Atomic, Clock, IdGenerator


@frozen
class KeepUpload:
    """Keeps a file for two hours, in place of the one that the actor has sent before. Raises `Forbidden`."""

    uploads: Uploads
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(self, *, actor: Actor, content: Content, format: FileFormat) -> Upload:
        actor.require(Permission.IMPORT_PATIENTS)
        now = self.clock.now()
        digest, detected = digest_and_encoding(content)
        encoding = None if format.is_spreadsheet else detected
        upload = Upload(
            id=self.ids.new(now), owner=actor.name, format=format, encoding=encoding, digest=digest, created_at=now
        )
        self.atomic(lambda: self.uploads.save(upload, content()))
        return upload


@frozen
class ReadUpload:
    """The file that the actor has sent last, and its content.

    Raises `Forbidden`, and `UploadNotFound` if there is none, or one with another id."""

    uploads: Uploads
    clock: Clock

    def __call__(self, *, actor: Actor, upload_id: UUID | None = None) -> tuple[Upload, Content]:
        actor.require(Permission.IMPORT_PATIENTS)
        upload = self.uploads.of(actor.name)
        if upload is None or upload_id not in {None, upload.id} or upload.expires_at <= self.clock.now():
            raise UploadNotFound
        return upload, partial(self.uploads.read, upload.id)


@frozen
class PreviewFile:
    """How a file would be read, with the texts of its first rows.

    Raises `Forbidden`, `ValidationError` for `file` or `encoding`, and `Unavailable`."""

    spreadsheets: Spreadsheets

    def __call__(
        self,
        *,
        actor: Actor,
        content: Content,
        format: FileFormat,
        encoding: Encoding | None,
        file_options: FileOptions = DEFAULT_OPTIONS,
    ) -> FilePreview:
        actor.require(Permission.IMPORT_PATIENTS)
        with open_text(content, format, encoding, self.spreadsheets) as file:
            return preview_file(format, _head(file.text()), file_options)


@frozen
class RemoveUpload:
    """Removes the file that the actor has sent. Raises `Forbidden`."""

    uploads: Uploads

    def __call__(self, *, actor: Actor) -> None:
        actor.require(Permission.IMPORT_PATIENTS)
        self.uploads.remove(actor.name)


@frozen
class PurgeUploads:
    """Removes files two hours after they were sent, and returns how many. Raises `Forbidden`."""

    uploads: Uploads
    clock: Clock

    def __call__(self, *, actor: Actor) -> int:
        actor.require(Permission.RUN_JOBS)
        return self.uploads.purge(self.clock.now() - KEEP_UPLOADS)


def _head(blocks: Iterable[bytes]) -> bytes:
    head = b""
    for block in blocks:
        head += block[: HEAD - len(head)]
        if len(head) == HEAD:
            break
    return head
