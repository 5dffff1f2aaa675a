from collections.abc import Iterable
from uuid import UUID

from attrs import frozen

from adapters.in_memory.store import Store
from core.paging import Page, make_page
from core.undo.entities import UndoResult
from core.undo.ports import UndoResults


@frozen
class InMemoryUndoResults(UndoResults):
    store: Store

    def record(self, job_id: UUID, results: Iterable[UndoResult]) -> None:
        with self.store.lock:
            for result in results:
                self.store.undo_results[job_id, result.patient_id] = result

    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[UndoResult]:
        with self.store.lock:
            found = [one for (job, _), one in self.store.undo_results.items() if job == job_id and one.needs_review]
        found.sort(key=lambda one: one.patient_id)
        rest = [one for one in found if after is None or after < one.patient_id]
        return make_page(rest, limit, lambda one: one.patient_id)
