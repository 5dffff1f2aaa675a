from collections.abc import Iterable
from uuid import UUID

from attrs import asdict, fields, frozen
from django.db.models import QuerySet

from adapters.django_orm.errors import core_errors
from adapters.django_orm.jobs import models
from core.paging import Page, cut
from core.patients.jobs import JobOutcome, SyncOutcome
from core.patients.ports import SyncOutcomes

_COLUMNS = tuple(field.name for field in fields(SyncOutcome))


@frozen
class DjangoSyncOutcomes(SyncOutcomes):
    database: str = "default"

    @core_errors()
    def record(self, job_id: UUID, outcomes: Iterable[SyncOutcome]) -> None:
        self._rows.bulk_create(
            models.SyncOutcome(job_id=job_id, needs_a_look=outcome.needs_a_look, **asdict(outcome))
            for outcome in outcomes
        )

    @core_errors()
    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[SyncOutcome]:
        rows = self._rows.filter(job_id=job_id, needs_a_look=True).order_by("patient_id")
        if after is not None:
            rows = rows.filter(patient_id__gt=after)
        found = [
            SyncOutcome(**row | {"outcome": JobOutcome(row["outcome"]), "conflicts": tuple(row["conflicts"])})
            for row in rows.values(*_COLUMNS)[: limit + 1]
        ]
        return cut(found, limit, lambda outcome: outcome.patient_id)

    @property
    def _rows(self) -> QuerySet[models.SyncOutcome]:
        return models.SyncOutcome.objects.using(self.database)
