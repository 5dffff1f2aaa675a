from uuid import UUID

from attrs import asdict, fields, frozen
from django.db.models import Q, QuerySet

from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.matching import models
from core.matching.entities import Merge
from core.matching.errors import MergeNotFound
from core.matching.ports import MergeRepository
from core.paging import Page, make_page
from core.patients.values import Status

_COLUMNS = tuple(field.name for field in fields(Merge))


@frozen
class DjangoMergeRepository(MergeRepository):
    database: str = "default"

    @core_errors()
    def add(self, merge: Merge) -> None:
        self._rows.create(**_columns(merge))

    @core_errors()
    def get(self, merge_id: UUID) -> Merge:
        row = self._rows.filter(id=merge_id).values(*_COLUMNS).first()
        if row is None:
            raise MergeNotFound
        return _merge(row)

    @core_errors()
    def replace(self, merge: Merge) -> None:
        self._rows.filter(id=merge.id).update(**_columns(merge))

    @core_errors()
    def of(self, patient_id: UUID, *, after: UUID | None, limit: int) -> Page[Merge]:
        rows = self._rows.filter(Q(survivor=patient_id) | Q(other=patient_id)).order_by("-id")
        if after is not None:
            rows = rows.filter(id__lt=after)
        return make_page([_merge(row) for row in rows.values(*_COLUMNS)[: limit + 1]], limit, lambda merge: merge.id)

    @property
    def _rows(self) -> QuerySet[models.Merge]:
        return models.Merge.objects.using(self.database)


def _columns(merge: Merge) -> Row:
    return asdict(merge) | {"absorbed": [str(one) for one in merge.absorbed]}


def _merge(row: Row) -> Merge:
    row["other_status"], row["absorbed"] = Status(row["other_status"]), tuple(map(UUID, row["absorbed"]))
    return Merge(**row)
