from collections.abc import Collection, Generator, Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.errors import Conflict
from core.files import Layout, Reject
from core.imports.entities import FilePosition, Upload
from core.patients.entities import Patient
from core.patients.ports import RejectedRows


class PatientsForImport(Protocol):
    """Patients, many at a time. Every method raises `Unavailable` when the store does not answer."""

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those that exist, oldest first."""
        ...

    def add_all(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """Adds the patients without a conflict, and returns the conflict of each other one by its id."""
        ...

    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """What `add_all` would return. Adds nobody."""
        ...


class ImportFiles(Protocol):
    """Files being imported. The content is removed with the chunk of the import, the layout with the job. Every method
    raises `Unavailable` when the store does not answer."""

    def save(self, job_id: UUID, layout: Layout, blocks: Iterable[bytes]) -> None:
        """The position starts at the layout's first row. The chunk must have the id of the job."""
        ...

    def layout(self, job_id: UUID) -> Layout: ...

    def position(self, job_id: UUID) -> FilePosition:
        """Where reading continues."""
        ...

    def set_position(self, job_id: UUID, position: FilePosition) -> None: ...

    def read(self, job_id: UUID, offset: int) -> Generator[bytes]:
        """The content from the byte `offset` on, in blocks."""
        ...

    def seen(self, job_id: UUID, keys: Collection[bytes]) -> set[bytes]:
        """Those of `keys` that are marked."""
        ...

    def mark(self, job_id: UUID, keys: Collection[bytes]) -> None: ...


class ImportRejects(RejectedRows, Protocol):
    """The rejected rows of an import, removed with its job."""

    def record(self, job_id: UUID, rejects: Sequence[Reject]) -> None: ...

    def iterate(self, job_id: UUID, after: int = 0) -> Generator[Reject]:
        """Those after the line `after`, in file order, without `person_keys`."""
        ...


class Uploads(Protocol):
    """Files that wait to be imported, one for each owner. Every method raises `Unavailable` when the store does not
    answer."""

    def save(self, upload: Upload, blocks: Iterable[bytes]) -> None:
        """In place of the owner's former one. Call it within `Atomic`."""
        ...

    def of(self, owner: str) -> Upload | None: ...

    def read(self, upload_id: UUID) -> Generator[bytes]:
        """The content in blocks; none if it was removed."""
        ...

    def remove(self, owner: str) -> None: ...

    def purge(self, before: datetime) -> int:
        """Removes those that were created at or before that time, and returns how many."""
        ...
