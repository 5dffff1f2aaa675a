from collections.abc import Iterable
from uuid import UUID

from attrs import asdict, fields, frozen
from django.db.models import QuerySet

from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.sync import models
from core.paging import Page, make_page
from core.sync.entities import SyncJobOutcome, SyncJobResult
from core.sync.ports import SyncJobResults

_COLUMNS = tuple(field.name for field in fields(SyncJobResult))


@frozen
class DjangoSyncJobResults(SyncJobResults):
    database: str = "default"

    @core_errors()
    def record(self, job_id: UUID, results: Iterable[SyncJobResult]) -> None:
        self._rows.bulk_create(
            models.SyncJobResult(job_id=job_id, needs_review=result.needs_review, **asdict(result))
            for result in results
        )

    @core_errors()
    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[SyncJobResult]:
        rows = self._rows.filter(job_id=job_id, needs_review=True).order_by("patient_id")
        if after is not None:
            rows = rows.filter(patient_id__gt=after)
        found = [
            SyncJobResult(**dict(row, outcome=SyncJobOutcome(row["outcome"]), conflicts=tuple(row["conflicts"])))
            for row in rows.values(*_COLUMNS)[: limit + 1]
        ]
        return make_page(found, limit, lambda result: result.patient_id)

    @property
    def _rows(self) -> QuerySet[models.SyncJobResult]:
        return models.SyncJobResult.objects.using(self.database)
