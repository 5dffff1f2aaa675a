from collections.abc import Collection
from uuid import UUID

from attrs import frozen
from django.db.models import Exists, OuterRef

from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from adapters.django_orm.patients.audit import event_of
from core.audit.ports import Histories
from core.patients.audit import AuditEvent


@frozen
class DjangoHistories(Histories):
    database: str = "default"

    @core_errors()
    def after(self, place: tuple[UUID, int] | None, limit: int) -> tuple[AuditEvent, ...]:
        rows = models.PatientEvent.objects.using(self.database).select_related("values")
        if place is not None:
            patient_id, version = place
            rows = rows.filter(patient_id__gte=patient_id).exclude(patient_id=patient_id, version__lte=version)
        return tuple(event_of(row) for row in rows.order_by("patient_id", "version")[:limit])

    @core_errors()
    def versions(self, ids: Collection[UUID]) -> dict[UUID, int]:
        rows = models.Patient.objects.using(self.database).filter(id__in=ids)
        return dict(rows.values_list("id", "version"))

    @core_errors()
    def without_events(self) -> int:
        events = models.PatientEvent.objects.using(self.database).filter(patient_id=OuterRef("id"))
        return models.Patient.objects.using(self.database).filter(~Exists(events)).count()
