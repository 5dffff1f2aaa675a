from uuid import UUID

from attrs import frozen
from django.db.models import QuerySet

from adapters.django_orm.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.audit import Action, AuditEvent, Values
from core.patients.ports import AuditTrail


@frozen
class DjangoAuditTrail(AuditTrail):
    database: str = "default"

    @core_errors()
    def record(self, event: AuditEvent) -> None:
        row = self._events.create(
            patient_id=event.patient_id,
            version=event.version,
            at=event.at,
            actor=event.actor,
            request_id=event.request_id,
            action=event.action,
            fields=list(event.fields),
            digest=event.digest,
        )
        if event.values is not None:
            models.EventValues.objects.using(self.database).create(
                event=row, before=event.values.before, after=event.values.after, salt=event.values.salt
            )

    @core_errors()
    def history(self, patient_id: UUID, *, before_version: int | None, limit: int) -> tuple[AuditEvent, ...]:
        rows = self._events.filter(patient_id=patient_id).select_related("held").order_by("-version")
        if before_version is not None:
            rows = rows.filter(version__lt=before_version)
        return tuple(_event(row) for row in rows[:limit])

    @core_errors()
    def forget_values(self, patient_id: UUID) -> None:
        models.EventValues.objects.using(self.database).filter(event__patient_id=patient_id).delete()

    @property
    def _events(self) -> QuerySet[models.PatientEvent]:
        return models.PatientEvent.objects.using(self.database)


def _event(row: models.PatientEvent) -> AuditEvent:
    held: models.EventValues | None = getattr(row, "held", None)
    return AuditEvent(
        patient_id=row.patient_id,
        version=row.version,
        at=row.at,
        actor=row.actor,
        request_id=row.request_id,
        action=Action(row.action),
        fields=tuple(row.fields),
        digest=row.digest,
        values=Values(held.before, held.after, held.salt) if held else None,
    )
