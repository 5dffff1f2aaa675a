from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.errors import Conflict
from core.imports.ports import PatientsForImport
from core.patients.audit import Action, AuditEvent, new_salt
from core.patients.entities import Patient
from core.patients.services.recorder import PatientRecorder


@frozen
class BulkRegistrar:
    """Adds new patients together with their audit events, as `PatientRecorder.save` does for one."""

    patients: PatientsForImport
    recorder: PatientRecorder

    def register_all(self, actor: Actor, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """Returns the conflict of each patient that was not added, by its id."""
        conflicts = self.patients.add_all(patients)
        added = [patient for patient in patients if patient.id not in conflicts]
        self.recorder.record([self._registered(actor, patient) for patient in added])
        return conflicts

    def _registered(self, actor: Actor, patient: Patient) -> AuditEvent:
        at = patient.created_at
        return AuditEvent.of(Action.REGISTERED, actor, at, new_salt(), before=None, after=patient)
