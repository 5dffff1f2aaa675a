from uuid import UUID

from attrs import frozen

from adapters.django_orm.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.ports import UpstreamCopies
from core.patients.upstream import UpstreamCopy


@frozen
class DjangoUpstreamCopies(UpstreamCopies):
    database: str = "default"

    @core_errors()
    def get(self, patient_id: UUID) -> UpstreamCopy | None:
        row = models.UpstreamCopy.objects.using(self.database).filter(patient_id=patient_id).first()
        return UpstreamCopy(row.external_id, row.values, row.asked_at) if row else None

    @core_errors()
    def keep(self, patient_id: UUID, copy: UpstreamCopy) -> None:
        models.UpstreamCopy.objects.using(self.database).update_or_create(
            patient_id=patient_id,
            defaults={"external_id": copy.external_id, "values": dict(copy.values), "asked_at": copy.asked_at},
        )
