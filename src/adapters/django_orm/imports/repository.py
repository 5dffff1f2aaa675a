from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from attrs import asdict, frozen
from cattrs import Converter
from django.db.models import QuerySet

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.db.locks import lock_key
from adapters.django_orm.imports import models
from core.errors import FieldError
from core.files import Encoding, FileFormat, Layout, Reject
from core.imports.entities import FilePosition, Upload
from core.imports.ports import ImportFiles, ImportRejects, Uploads

BLOCK_SIZE = 64 * 1024
_PAGE_SIZE = 500
_CONVERTER = Converter()
_CONVERTER.register_unstructure_hook(bytes, bytes.decode)
_CONVERTER.register_structure_hook(bytes, lambda text, _: text.encode())


@frozen
class DjangoImportFiles(ImportFiles):
    database: str = "default"

    @core_errors()
    def save(self, job_id: UUID, layout: Layout, blocks: Iterable[bytes]) -> None:
        models.ImportFile.objects.using(self.database).create(
            job_id=job_id, layout=_CONVERTER.unstructure(layout), offset=layout.start, line=layout.first_line
        )
        rows = models.ImportBlock.objects.using(self.database)
        for number, block in enumerate(_fixed_size(blocks)):
            rows.create(chunk_id=job_id, number=number, content=block)

    @core_errors()
    def layout(self, job_id: UUID) -> Layout:
        row = models.ImportFile.objects.using(self.database).get(job_id=job_id)
        return _CONVERTER.structure(row.layout, Layout)

    @core_errors()
    def position(self, job_id: UUID) -> FilePosition:
        row = models.ImportFile.objects.using(self.database).get(job_id=job_id)
        return FilePosition(row.offset, row.line)

    @core_errors()
    def set_position(self, job_id: UUID, position: FilePosition) -> None:
        models.ImportFile.objects.using(self.database).filter(job_id=job_id).update(**asdict(position))

    def read(self, job_id: UUID, offset: int) -> Generator[bytes]:
        number, skip = divmod(offset, BLOCK_SIZE)
        while (block := self._block(job_id, number)) is not None:
            yield block[skip:]
            number, skip = number + 1, 0

    @core_errors()
    def _block(self, job_id: UUID, number: int) -> bytes | None:
        rows = models.ImportBlock.objects.using(self.database).filter(chunk_id=job_id, number=number)
        content = rows.values_list("content", flat=True).first()
        return None if content is None else bytes(content)

    @core_errors()
    def seen(self, job_id: UUID, keys: Collection[bytes]) -> set[bytes]:
        rows = models.ImportKey.objects.using(self.database).filter(chunk_id=job_id, key__in=keys)
        return {bytes(key) for key in rows.values_list("key", flat=True)}

    @core_errors()
    def mark(self, job_id: UUID, keys: Collection[bytes]) -> None:
        bulk_insert(models.ImportKey, ["chunk", "key"], ((job_id, key) for key in keys), self.database)


@frozen
class DjangoImportRejects(ImportRejects):
    database: str = "default"

    @core_errors()
    def record(self, job_id: UUID, rejects: Sequence[Reject]) -> None:
        models.ImportReject.objects.using(self.database).bulk_create(
            models.ImportReject(
                job_id=job_id, line=reject.line, raw=reject.raw, errors=[asdict(error) for error in reject.errors]
            )
            for reject in rejects
        )
        keys = ((job_id, reject.line, key) for reject in rejects for key in reject.person_keys)
        bulk_insert(models.ImportRejectKey, ["job", "line", "key"], keys, self.database)

    @core_errors()
    def remove_about(self, person_keys: Collection[bytes]) -> None:
        found = models.ImportRejectKey.objects.using(self.database).filter(key__in=person_keys)
        for job_id, line in set(found.values_list("job_id", "line")):
            for model in (models.ImportReject, models.ImportRejectKey):
                model.objects.using(self.database).filter(job_id=job_id, line=line).delete()

    def iterate(self, job_id: UUID, after: int = 0) -> Generator[Reject]:
        while page := self._page(job_id, after):
            yield from page
            after = page[-1].line

    @core_errors()
    def _page(self, job_id: UUID, line: int) -> list[Reject]:
        rows = models.ImportReject.objects.using(self.database).filter(job_id=job_id, line__gt=line).order_by("line")
        return [
            Reject(row.line, bytes(row.raw), tuple(FieldError(**error) for error in row.errors))
            for row in rows[:_PAGE_SIZE]
        ]


@frozen
class DjangoUploads(Uploads):
    database: str = "default"

    @core_errors()
    def save(self, upload: Upload, blocks: Iterable[bytes]) -> None:
        require_atomic(self.database)
        lock_key(f"upload {upload.owner}", self.database)
        self.remove(upload.owner)
        self._rows.create(**asdict(upload) | {"encoding": upload.encoding or ""})
        rows = models.UploadBlock.objects.using(self.database)
        for number, block in enumerate(_fixed_size(blocks)):
            rows.create(upload_id=upload.id, number=number, content=block)

    @core_errors()
    def of(self, owner: str) -> Upload | None:
        row = self._rows.filter(owner=owner).first()
        return row and Upload(
            id=row.id,
            owner=owner,
            format=FileFormat(row.format),
            encoding=Encoding(row.encoding) if row.encoding else None,
            digest=row.digest,
            created_at=row.created_at,
        )

    def read(self, upload_id: UUID) -> Generator[bytes]:
        number = 0
        while (block := self._block(upload_id, number)) is not None:
            yield block
            number += 1

    @core_errors()
    def _block(self, upload_id: UUID, number: int) -> bytes | None:
        rows = models.UploadBlock.objects.using(self.database).filter(upload_id=upload_id, number=number)
        content = rows.values_list("content", flat=True).first()
        return None if content is None else bytes(content)

    @core_errors()
    def remove(self, owner: str) -> None:
        self._rows.filter(owner=owner).delete()

    @core_errors()
    def purge(self, before: datetime) -> int:
        return self._rows.filter(created_at__lte=before).delete()[1].get("imports.Upload", 0)

    @property
    def _rows(self) -> QuerySet[models.Upload]:
        return models.Upload.objects.using(self.database)


def _fixed_size(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Of `BLOCK_SIZE` bytes each except the last, so that an offset determines its block."""
    rest = b""
    for block in blocks:
        rest += block
        while len(rest) >= BLOCK_SIZE:
            yield rest[:BLOCK_SIZE]
            rest = rest[BLOCK_SIZE:]
    if rest:
        yield rest
