from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.patients.audit import Action, AuditEvent, new_salt, sealed_content
from core.patients.entities import Patient
from core.patients.errors import UniqueValueTaken
from core.patients.ports import AuditTrail, PatientRepository
from core.seals import Sealer


@frozen
class PatientRecorder:
    """Stores each change of a record together with its audit event. Call it inside `Atomic`."""

    patients: PatientRepository
    trail: AuditTrail
    sealer: Sealer

    def save(
        self,
        action: Action,
        actor: Actor,
        at: datetime,
        *,
        before: Patient | None,
        after: Patient,
        reason: str = "",
    ) -> Patient:
        """Returns `after`. Raises `UniqueValueTaken`, with the holder only if the actor may view patients."""
        try:
            if before is None:
                self.patients.add(after)
            else:
                self.patients.replace(before, after)
        except UniqueValueTaken as taken:
            if actor.may(Permission.VIEW_PATIENTS):
                raise
            raise type(taken) from None
        self.record([AuditEvent.of(action, actor, at, new_salt(), before=before, after=after, reason=reason)])
        return after

    def record(self, events: Sequence[AuditEvent]) -> None:
        """Only for patients who were stored without this recorder."""
        self.trail.record([evolve(event, seal=self.sealer.seal(sealed_content(event))) for event in events])

    def erase(self, actor: Actor, at: datetime, patient: Patient) -> None:
        """Removes the record and its values in the audit trail. The audit events stay, without values."""
        self.patients.remove(patient.id)
        self.trail.forget_values(patient.id)
        self.record([AuditEvent.erased(actor, at, patient)])
