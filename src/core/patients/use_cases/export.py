from collections.abc import Iterator

from attrs import frozen

from core.access import Actor, Permission
from core.patients.entities import Patient
from core.patients.ports import PatientListing

AT_A_TIME = 500


@frozen
class ExportPatients:
    """Every patient, archived ones too, oldest first. They are read some at a time, each as it is then: one who is
    registered, changed or erased meanwhile may be in it or not. Raises `Forbidden`."""

    patients: PatientListing

    def __call__(self, *, actor: Actor) -> Iterator[Patient]:
        actor.require(Permission.EXPORT_PATIENTS)
        return self._all()

    def _all(self) -> Iterator[Patient]:
        found = self.patients.list_oldest_first(after=None, limit=AT_A_TIME)
        while found:
            yield from found
            found = self.patients.list_oldest_first(after=found[-1].id, limit=AT_A_TIME)
