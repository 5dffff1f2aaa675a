from collections.abc import Iterator

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.patients.entities import Patient
from core.patients.ports import PatientListing

PAGE_SIZE = 500


@frozen
class ExportPatients:
    """Iterates over all patients, archived ones included, oldest first.

    Reads page by page, so the result can contain or miss changes made during the export. Raises `Forbidden`.
    """

    patients: PatientListing
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor) -> Iterator[Patient]:
        actor.require(Permission.EXPORT_PATIENTS)
        return self._read(actor)

    def _read(self, actor: Actor) -> Iterator[Patient]:
        self.accesses.record(actor, AccessAction.EXPORT_STARTED)
        count = 0
        try:
            page = self.patients.list_oldest_first(after=None, limit=PAGE_SIZE)
            while page:
                count += len(page)
                yield from page
                page = self.patients.list_oldest_first(after=page[-1].id, limit=PAGE_SIZE)
        finally:
            self.accesses.record(actor, AccessAction.EXPORT_ENDED, count=count)
