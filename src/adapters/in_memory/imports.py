from collections.abc import Collection, Generator, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from adapters.in_memory.store import Store
from core.files import Layout, Reject
from core.imports.entities import FilePosition, Upload
from core.imports.ports import ImportFiles, ImportRejects, Uploads


@frozen
class InMemoryImportFiles(ImportFiles):
    store: Store

    def save(self, job_id: UUID, layout: Layout, blocks: Iterable[bytes]) -> None:
        with self.store.lock:
            self.store.import_layouts[job_id] = layout
            self.store.import_positions[job_id] = FilePosition(layout.start, layout.first_line)
            self.store.import_contents[job_id] = b"".join(blocks)

    def layout(self, job_id: UUID) -> Layout:
        with self.store.lock:
            return self.store.import_layouts[job_id]

    def position(self, job_id: UUID) -> FilePosition:
        with self.store.lock:
            return self.store.import_positions[job_id]

    def set_position(self, job_id: UUID, position: FilePosition) -> None:
        with self.store.lock:
            self.store.import_positions[job_id] = position

    def read(self, job_id: UUID, offset: int) -> Generator[bytes]:
        with self.store.lock:
            content = self.store.import_contents.get(job_id, b"")
        yield content[offset:]

    def seen(self, job_id: UUID, keys: Collection[bytes]) -> set[bytes]:
        with self.store.lock:
            return {key for key in keys if (job_id, key) in self.store.import_keys}

    def mark(self, job_id: UUID, keys: Collection[bytes]) -> None:
        with self.store.lock:
            self.store.import_keys.update({(job_id, key): True for key in keys})


@frozen
class InMemoryImportRejects(ImportRejects):
    store: Store

    def record(self, job_id: UUID, rejects: Sequence[Reject]) -> None:
        with self.store.lock:
            self.store.import_rejects.update({(job_id, reject.line): reject for reject in rejects})

    def iterate(self, job_id: UUID, after: int = 0) -> Generator[Reject]:
        with self.store.lock:
            rejects = self.store.import_rejects.items()
            found = [reject for (job, line), reject in rejects if job == job_id and line > after]
        yield from (evolve(one, person_keys=frozenset()) for one in sorted(found, key=lambda reject: reject.line))

    def remove_about(self, person_keys: Collection[bytes]) -> None:
        with self.store.lock:
            rejects = self.store.import_rejects.items()
            self.store.import_rejects = {key: one for key, one in rejects if one.person_keys.isdisjoint(person_keys)}


@frozen
class InMemoryUploads(Uploads):
    store: Store

    def save(self, upload: Upload, blocks: Iterable[bytes]) -> None:
        self.store.require_atomic()
        self.remove(upload.owner)
        self.store.uploads[upload.owner] = upload
        self.store.upload_contents[upload.id] = b"".join(blocks)

    def of(self, owner: str) -> Upload | None:
        with self.store.lock:
            return self.store.uploads.get(owner)

    def read(self, upload_id: UUID) -> Generator[bytes]:
        with self.store.lock:
            content = self.store.upload_contents.get(upload_id, b"")
        yield content

    def remove(self, owner: str) -> None:
        with self.store.lock:
            if upload := self.store.uploads.pop(owner, None):
                del self.store.upload_contents[upload.id]

    def purge(self, before: datetime) -> int:
        with self.store.lock:
            expired = [upload.owner for upload in self.store.uploads.values() if upload.created_at <= before]
            for owner in expired:
                self.remove(owner)
        return len(expired)
