from collections.abc import Collection, Mapping
from uuid import UUID

from attrs import asdict, frozen

from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.sync import models
from core.matching.ports import UpstreamValues
from core.sync.merge import UpstreamSnapshot
from core.sync.ports import UpstreamSnapshots


@frozen
class DjangoUpstreamSnapshots(UpstreamSnapshots, UpstreamValues):
    database: str = "default"

    @core_errors()
    def get(self, patient_id: UUID) -> UpstreamSnapshot | None:
        return self.get_many([patient_id]).get(patient_id)

    @core_errors()
    def get_many(self, ids: Collection[UUID]) -> dict[UUID, UpstreamSnapshot]:
        rows = models.UpstreamSnapshot.objects.using(self.database).filter(patient_id__in=ids)
        return {row.patient_id: UpstreamSnapshot(row.external_id, row.values, row.requested_at) for row in rows}

    @core_errors()
    def save(self, snapshots: Mapping[UUID, UpstreamSnapshot]) -> None:
        models.UpstreamSnapshot.objects.using(self.database).bulk_create(
            [
                models.UpstreamSnapshot(patient_id=patient_id, **asdict(snapshot))
                for patient_id, snapshot in snapshots.items()
            ],
            update_conflicts=True,
            unique_fields=["patient_id"],
            update_fields=["external_id", "values", "requested_at"],
        )

    @core_errors()
    def remove(self, patient_id: UUID) -> None:
        models.UpstreamSnapshot.objects.using(self.database).filter(patient_id=patient_id).delete()

    def copy(self, source: UUID, target: UUID) -> None:
        if snapshot := self.get(source):
            self.save({target: snapshot})
