from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.ports import AccessLogEntries
from core.access_log.services.recorder import AccessRecorder
from core.patients.entities import Patient
from core.patients.ports import PatientsById

MAX_RECENT = 10
_VIEWS = 100  # the latest, which may be of one patient


@frozen
class ListRecentPatients:
    """The ten patients whose records the actor has opened last, newest first, without those who were erased since.

    Raises `Forbidden`."""

    patients: PatientsById
    entries: AccessLogEntries
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor) -> tuple[Patient, ...]:
        actor.require(Permission.VIEW_PATIENTS)
        ids = self.entries.opened_by(actor.name, _VIEWS)
        found = {patient.id: patient for patient in self.patients.get_all(ids[:MAX_RECENT])}
        if found:
            self.accesses.record(actor, AccessAction.RECENT_VIEWED, count=len(found))
        return tuple(found[patient_id] for patient_id in ids if patient_id in found)
