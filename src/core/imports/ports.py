from collections.abc import Collection, Generator, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from core.errors import Conflict
from core.files import Layout, Reject
from core.imports.entities import FilePosition
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
    """Files under import. The content hangs on the chunk that stands for the whole file, and goes with it; the layout
    stays as long as the job. Every method raises `Unavailable` when the store does not answer."""

    def save(self, job_id: UUID, layout: Layout, blocks: Iterable[bytes]) -> None:
        """To be read from the layout's first row on. The chunk has the id of the job."""
        ...

    def layout(self, job_id: UUID) -> Layout: ...

    def position(self, job_id: UUID) -> FilePosition:
        """Where reading goes on."""
        ...

    def set_position(self, job_id: UUID, position: FilePosition) -> None: ...

    def read(self, job_id: UUID, offset: int) -> Generator[bytes]:
        """What comes from this byte on, in blocks."""
        ...

    def seen(self, job_id: UUID, keys: Collection[bytes]) -> set[bytes]:
        """Those of the keys that were marked."""
        ...

    def mark(self, job_id: UUID, keys: Collection[bytes]) -> None: ...


class ImportRejects(RejectedRows, Protocol):
    """The rows that an import refused, removed with its job."""

    def record(self, job_id: UUID, rejects: Sequence[Reject]) -> None: ...

    def iterate(self, job_id: UUID) -> Generator[Reject]:
        """In the order of the file, without `person_keys`."""
        ...
