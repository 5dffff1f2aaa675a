from collections.abc import Iterable
from uuid import UUID

from attrs import asdict, fields, frozen

from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.undo import models
from core.paging import Page, make_page
from core.undo.entities import UndoOutcome, UndoResult
from core.undo.ports import UndoResults

_COLUMNS = tuple(field.name for field in fields(UndoResult))


@frozen
class DjangoUndoResults(UndoResults):
    database: str = "default"

    @core_errors()
    def record(self, job_id: UUID, results: Iterable[UndoResult]) -> None:
        models.UndoResult.objects.using(self.database).bulk_create(
            models.UndoResult(job_id=job_id, needs_review=result.needs_review, **asdict(result)) for result in results
        )

    @core_errors()
    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[UndoResult]:
        rows = models.UndoResult.objects.using(self.database).filter(job_id=job_id, needs_review=True)
        if after is not None:
            rows = rows.filter(patient_id__gt=after)
        found = [
            UndoResult(**dict(row, outcome=UndoOutcome(row["outcome"]), kept=tuple(row["kept"])))
            for row in rows.order_by("patient_id").values(*_COLUMNS)[: limit + 1]
        ]
        return make_page(found, limit, lambda result: result.patient_id)
