from typing import Unpack

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector
from core.patients.ports import PatientSearch
from core.patients.search import MAX_COUNT, Filters, PatientPage, PatientQuery
from core.patients.services.rules import CurrentRules


@frozen
class SearchPatients:
    """Finds the patients that match every filter, one page at a time, newest first by default.

    A page sorted by name, birth or update starts after the last patient of the previous page. If that patient was
    changed or erased in between, its position is lost and `CursorGone` is raised: to continue could skip or repeat
    patients.

    `count` counts up to `MAX_COUNT` matches, so that its cost does not grow with the registry.
    `errors` are reported together with those of the filters.
    Raises `Forbidden`, `ValidationError`, `CursorGone`.
    """

    patients: PatientSearch
    rules: CurrentRules
    accesses: AccessRecorder

    def __call__(
        self, *, actor: Actor, count: bool = False, errors: ErrorCollector | None = None, **filters: Unpack[Filters]
    ) -> PatientPage:
        actor.require(Permission.VIEW_PATIENTS)
        query = PatientQuery.parse(filters, self.rules(), errors)
        page = self.patients.find(query)
        shown, digest = [patient.id for patient in page.patients], self.accesses.digest(query.filters)
        self.accesses.record_each(actor, AccessAction.PATIENTS_SEARCHED, shown, detail=digest)
        if not count:
            return page
        matches = self.patients.count(query, MAX_COUNT + 1)
        return evolve(page, count=min(matches, MAX_COUNT), count_capped=matches > MAX_COUNT)
