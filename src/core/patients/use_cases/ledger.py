from datetime import datetime

from attrs import frozen

from core.access import Actor, Permission
from core.patients.audit import Action, AuditEvent
from core.patients.entities import Patient
from core.patients.errors import EmailTaken
from core.patients.ports import AuditTrail, PatientRepository
from core.ports import Ids


@frozen
class Ledger:
    """Writes a record together with its audit event: no use case changes a record in another way."""

    patients: PatientRepository
    trail: AuditTrail
    ids: Ids

    def enter(self, action: Action, actor: Actor, at: datetime, *, before: Patient | None, after: Patient) -> Patient:
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
        salt = self.ids.new(at).hex
        self.trail.record(AuditEvent.of(action, actor, at, salt, before=before, after=after))
        return after

    def strike(self, actor: Actor, at: datetime, patient: Patient) -> None:
        """Removes the record and every value the trail holds of it; that it was there, and was erased, stays."""
        self.patients.remove(patient.id)
        self.trail.forget_values(patient.id)
        self.trail.record(AuditEvent.erased(actor, at, patient))
