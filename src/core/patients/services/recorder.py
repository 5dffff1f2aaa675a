from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.patients.audit import Action, AuditEvent, new_salt, sealed_content
from core.patients.entities import Patient
from core.patients.errors import UniqueValueTaken
from core.patients.ports import AuditTrail, PatientRepository
from core.seals import Sealer

HISTORY_PAGE_SIZE = 200


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

    def history(self, patient_id: UUID) -> Iterator[AuditEvent]:
        """All events of the patient, newest first."""
        version: int | None = None
        while events := self.trail.history(patient_id, before_version=version, limit=HISTORY_PAGE_SIZE):
            yield from events
            version = events[-1].version

    def erase_values(self, actor: Actor, at: datetime, patient: Patient, events: Sequence[AuditEvent]) -> None:
        """Removes the values of some events of the patient. A last event says so."""
        self.patients.replace(patient, evolve(patient, version=patient.version + 1, updated_at=at))
        self.trail.forget_values(patient.id, [event.version for event in events])
        fields = tuple(dict.fromkeys(name for event in events for name in event.fields))
        versions = [event.version for event in self.history(patient.id) if event.lacks_values]
        self.record([AuditEvent.values_erased(actor, at, patient, fields, versions)])

    def erase(self, actor: Actor, at: datetime, patient: Patient) -> None:
        """Removes the record and its values in the audit trail. The audit events stay, without values."""
        self.patients.remove(patient.id)
        self.trail.forget_values(patient.id)
        self.record([AuditEvent.erased(actor, at, patient)])
