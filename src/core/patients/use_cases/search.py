from typing import Unpack

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import ErrorCollector
from core.patients.entities import Rules
from core.patients.ports import PatientSearch
from core.patients.search import MAX_COUNT, Filters, PatientPage, PatientQuery
from core.ports import Clock


@frozen
class SearchPatients:
    """Finds the patients for whom every filter holds, the newest first unless `sort` says otherwise, a page at a time.

    A page by name, birth or update continues after the place of the last patient of the page before. If that patient
    was changed or erased meanwhile, the place is lost: to continue could miss patients or give them twice.

    Counting stops at `MAX_COUNT`, so that it costs the same on a registry of any size.
    `errors` found in the input already are raised with those of its values.
    Raises `Forbidden`, `ValidationError`, `CursorGone`.
    """

    patients: PatientSearch
    clock: Clock
    phone_region: str

    def __call__(
        self, *, actor: Actor, count: bool = False, errors: ErrorCollector | None = None, **filters: Unpack[Filters]
    ) -> PatientPage:
        actor.require(Permission.VIEW_PATIENTS)
        query = PatientQuery.parse(filters, Rules(self.clock.today(), self.phone_region), errors)
        page = self.patients.find(query)
        if not count:
            return page
        counted = self.patients.count(query, MAX_COUNT + 1)
        return evolve(page, count=min(counted, MAX_COUNT), count_capped=counted > MAX_COUNT)
