from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.errors import Conflict
from core.patients.audit import Action, AuditEvent
from core.patients.entities import Patient
from core.patients.errors import EmailTaken
from core.patients.ports import AuditTrail, PatientRepository
from core.ports import IdGenerator


@frozen
class PatientRecorder:
    """Writes a record together with its audit event: no use case changes a record in another way."""

    patients: PatientRepository
    trail: AuditTrail
    ids: IdGenerator

    def save(self, action: Action, actor: Actor, at: datetime, *, before: Patient | None, after: Patient) -> Patient:
        """Returns `after`. Raises `EmailTaken`, which names the holder to an actor who may view patients."""
        try:
            if before is None:
                self.patients.add(after)
            else:
                self.patients.replace(before, after)
        except EmailTaken:
            if actor.may(Permission.VIEW_PATIENTS):
                raise
            raise EmailTaken from None
        self.trail.record([AuditEvent.of(action, actor, at, self.ids.new(at).hex, before=before, after=after)])
        return after

    def save_new(self, actor: Actor, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """As `save` registers each; by id, those that were refused, and why."""
        refused = self.patients.add_all(patients)
        self.trail.record(
            [
                AuditEvent.of(
                    Action.REGISTERED, actor, one.created_at, self.ids.new(one.created_at).hex, before=None, after=one
                )
                for one in patients
                if one.id not in refused
            ]
        )
        return refused

    def erase(self, actor: Actor, at: datetime, patient: Patient) -> None:
        """Removes the record and every value the trail holds of it; that it was there, and was erased, stays."""
        self.patients.remove(patient.id)
        self.trail.forget_values(patient.id)
        self.trail.record([AuditEvent.erased(actor, at, patient)])
