from collections.abc import Collection, Mapping
from uuid import UUID

from attrs import asdict, frozen

from adapters.django_orm.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.ports import UpstreamCopies
from core.patients.upstream import UpstreamCopy


@frozen
class DjangoUpstreamCopies(UpstreamCopies):
    database: str = "default"

    @core_errors()
    def get(self, patient_id: UUID) -> UpstreamCopy | None:
        return self.of([patient_id]).get(patient_id)

    @core_errors()
    def of(self, ids: Collection[UUID]) -> dict[UUID, UpstreamCopy]:
        rows = models.UpstreamCopy.objects.using(self.database).filter(patient_id__in=ids)
        return {row.patient_id: UpstreamCopy(row.external_id, row.values, row.asked_at) for row in rows}

    @core_errors()
    def keep(self, copies: Mapping[UUID, UpstreamCopy]) -> None:
        models.UpstreamCopy.objects.using(self.database).bulk_create(
            [models.UpstreamCopy(patient_id=patient_id, **asdict(copy)) for patient_id, copy in copies.items()],
            update_conflicts=True,
            unique_fields=["patient_id"],
            update_fields=["external_id", "values", "asked_at"],
        )
