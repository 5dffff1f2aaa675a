from collections.abc import Iterator

from attrs import frozen

from core.access import Actor, Permission
from core.patients.entities import Patient
from core.patients.ports import PatientListing

PAGE_SIZE = 500


@frozen
class ExportPatients:
    """Iterates over all patients, archived ones included, oldest first.

    Reads page by page, so the result can contain or miss changes made during the export. Raises `Forbidden`.
    """

    patients: PatientListing

    def __call__(self, *, actor: Actor) -> Iterator[Patient]:
        actor.require(Permission.EXPORT_PATIENTS)
        return self._read_pages()

    def _read_pages(self) -> Iterator[Patient]:
        page = self.patients.list_oldest_first(after=None, limit=PAGE_SIZE)
        while page:
            yield from page
            page = self.patients.list_oldest_first(after=page[-1].id, limit=PAGE_SIZE)
