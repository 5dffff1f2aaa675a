from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.patients.entities import Patient
from core.patients.ports import PatientRepository


@frozen
class ViewPatient:
    """Raises `Forbidden`, `PatientNotFound`."""

    patients: PatientRepository

    def __call__(self, *, actor: Actor, patient_id: UUID) -> Patient:
        actor.require(Permission.VIEW_PATIENTS)
        return self.patients.get(patient_id)
