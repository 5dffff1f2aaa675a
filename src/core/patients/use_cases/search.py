from typing import Unpack

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.patients.entities import Rules
from core.patients.ports import PatientRepository
from core.patients.searching import COUNTED_AT_MOST, Filters, PatientPage, PatientQuery
from core.ports import Clock


@frozen
class SearchPatients:
    """Finds the patients for whom every filter holds, newest first, a page at a time.

    Counting stops at `COUNTED_AT_MOST`, so that it costs the same on a registry of any size.
    Raises `Forbidden`, `Invalid`.
    """

    patients: PatientRepository
    clock: Clock
    phone_region: str

    def __call__(self, *, actor: Actor, count: bool = False, **filters: Unpack[Filters]) -> PatientPage:
        actor.require(Permission.VIEW_PATIENTS)
        query = PatientQuery.parse(filters, Rules(self.clock.today(), self.phone_region))
        page = self.patients.find(query)
        if not count:
            return page
        counted = self.patients.count(query, COUNTED_AT_MOST + 1)
        return evolve(page, count=min(counted, COUNTED_AT_MOST), count_capped=counted > COUNTED_AT_MOST)
