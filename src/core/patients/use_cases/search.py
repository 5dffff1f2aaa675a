from typing import Unpack

from attrs import evolve, frozen

from core.access import Actor, Permission
from core.errors import Fault, Invalid
from core.patients.entities import Rules
from core.patients.errors import PatientNotFound
from core.patients.ports import PatientRepository
from core.patients.searching import COUNTED_AT_MOST, Filters, PatientPage, PatientQuery
from core.ports import Clock


@frozen
class SearchPatients:
    """Finds the patients for whom every filter holds, the newest first unless `sort` says otherwise, a page at a time.

    A page goes on after the place where the last patient of the page before now stands. When that patient was erased
    meanwhile, its place by name, birth or update is unknown, which is refused.

    Counting stops at `COUNTED_AT_MOST`, so that it costs the same on a registry of any size.
    Raises `Forbidden`, `Invalid`.
    """

    patients: PatientRepository
    clock: Clock
    phone_region: str

    def __call__(self, *, actor: Actor, count: bool = False, **filters: Unpack[Filters]) -> PatientPage:
        actor.require(Permission.VIEW_PATIENTS)
        query = PatientQuery.parse(filters, Rules(self.clock.today(), self.phone_region))
        try:
            page = self.patients.find(query)
        except PatientNotFound:
            raise Invalid(
                [Fault("cursor", "gone", "The page before ended with a patient since erased: start again.")]
            ) from None
        if not count:
            return page
        counted = self.patients.count(query, COUNTED_AT_MOST + 1)
        return evolve(page, count=min(counted, COUNTED_AT_MOST), count_capped=counted > COUNTED_AT_MOST)
