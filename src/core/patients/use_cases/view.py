from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.patients.entities import Patient
from core.patients.ports import PatientRepository


@frozen
class ViewPatient:
    """Raises `Forbidden`, `PatientNotFound`."""

    patients: PatientRepository
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, patient_id: UUID) -> Patient:
        actor.require(Permission.VIEW_PATIENTS)
        patient = self.patients.get(patient_id)
        self.accesses.record(actor, AccessAction.PATIENT_VIEWED, patient_id=patient_id)
        return patient
