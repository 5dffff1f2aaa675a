from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from attrs import frozen
from django.db.models import QuerySet

from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.audit import Action, AuditEvent, ChangedValues, Erasure
from core.patients.ports import AuditTrail, ErasedPatients
from core.undo.ports import JobChanges

_EVENT_COLUMNS = ("patient_id", "version", "at", "actor", "request_id", "action", "fields", "digest", "job_id", "seal")
_VALUES_COLUMNS = ("patient_id", "version", "before", "after", "salt", "reason")


@frozen
class DjangoAuditTrail(AuditTrail, JobChanges, ErasedPatients):
    database: str = "default"

    @core_errors()
    def record(self, events: Sequence[AuditEvent]) -> None:
        rows = ([getattr(event, name) for name in _EVENT_COLUMNS] for event in events)
        bulk_insert(models.PatientEvent, _EVENT_COLUMNS, rows, self.database)
        values = (
            (event.patient_id, event.version, dict(kept.before), dict(kept.after), kept.salt, kept.reason)
            for event in events
            if (kept := event.values)
        )
        bulk_insert(models.EventValues, _VALUES_COLUMNS, values, self.database)

    @core_errors()
    def history(self, patient_id: UUID, *, before_version: int | None, limit: int) -> tuple[AuditEvent, ...]:
        rows = models.PatientEvent.objects.using(self.database).select_related("values")
        rows = rows.filter(patient_id=patient_id).order_by("-version")
        if before_version is not None:
            rows = rows.filter(version__lt=before_version)
        return tuple(event_of(row) for row in rows[:limit])

    @core_errors()
    def patients(self, job_id: UUID, *, after: UUID | None, limit: int) -> tuple[UUID, ...]:
        rows = self._of_job(job_id) if after is None else self._of_job(job_id).filter(patient_id__gt=after)
        return tuple(rows.values_list("patient_id", flat=True).distinct().order_by("patient_id")[:limit])

    @core_errors()
    def count(self, job_id: UUID) -> int:
        return self._of_job(job_id).values("patient_id").distinct().count()

    @core_errors()
    def of_patients(self, job_id: UUID, ids: Collection[UUID]) -> dict[UUID, list[AuditEvent]]:
        rows = self._of_job(job_id).filter(patient_id__in=ids).select_related("values").order_by("-version")
        events: dict[UUID, list[AuditEvent]] = defaultdict(list)
        for row in rows:
            events[row.patient_id].append(event_of(row))
        return events

    @core_errors()
    def erased(self, *, after: UUID | None, limit: int) -> tuple[Erasure, ...]:
        rows = models.PatientEvent.objects.using(self.database).filter(action=Action.ERASED.value)
        rows = rows if after is None else rows.filter(patient_id__gt=after)
        found = rows.order_by("patient_id").values_list("patient_id", "at")[:limit]
        return tuple(Erasure(patient_id, at) for patient_id, at in found)

    def _of_job(self, job_id: UUID) -> QuerySet[models.PatientEvent]:
        return models.PatientEvent.objects.using(self.database).filter(job_id=job_id)

    @core_errors()
    def forget_values(self, patient_id: UUID, versions: Collection[int] | None = None) -> None:
        rows = models.EventValues.objects.using(self.database).filter(patient_id=patient_id)
        (rows if versions is None else rows.filter(version__in=versions)).delete()


def event_of(row: models.PatientEvent) -> AuditEvent:
    values = row.values
    return AuditEvent(
        patient_id=row.patient_id,
        version=row.version,
        at=row.at,
        actor=row.actor,
        request_id=row.request_id,
        action=Action(row.action),
        fields=tuple(row.fields),
        digest=row.digest,
        values=ChangedValues(values.before, values.after, values.salt, values.reason) if values else None,
        job_id=row.job_id,
        seal=row.seal,
    )
