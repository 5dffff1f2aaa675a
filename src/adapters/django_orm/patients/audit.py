from collections.abc import Sequence
from uuid import UUID

from attrs import frozen
from django.db.models import QuerySet

from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.audit import Action, AuditEvent, Values
from core.patients.ports import AuditTrail

_COLUMNS = ("patient_id", "version", "at", "actor", "request_id", "action", "fields", "digest")


@frozen
class DjangoAuditTrail(AuditTrail):
    database: str = "default"

    @core_errors()
    def record(self, events: Sequence[AuditEvent]) -> None:
        rows = (
            (one.patient_id, one.version, one.at, one.actor, one.request_id, one.action, list(one.fields), one.digest)
            for one in events
        )
        bulk_insert(models.PatientEvent, _COLUMNS, rows, self.database)
        held = [one for one in events if one.values is not None]
        ids = self._ids(held)
        values = (
            (ids[one.patient_id, one.version], dict(one.values.before), dict(one.values.after), one.values.salt)
            for one in held
            if one.values
        )
        bulk_insert(models.EventValues, ("event", "before", "after", "salt"), values, self.database)

    def _ids(self, events: Sequence[AuditEvent]) -> dict[tuple[UUID, int], int]:
        """Of the rows that were just written."""
        patients, versions = {one.patient_id for one in events}, {one.version for one in events}
        rows = self._events.filter(patient_id__in=patients, version__in=versions)
        return {(patient, version): row for patient, version, row in rows.values_list("patient_id", "version", "id")}

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
