"""The registry in numbers."""

from datetime import timedelta

import pytest
from attrs import evolve

from bootstrap import Container, in_memory_registry
from core.access import Actor, Role
from core.errors import Forbidden
from core.matching.entities import DuplicatePair, PairState
from core.overview.entities import Freshness
from core.patients.dates import PartialDate
from core.patients.values import Status
from tests.contracts.examples import job, person
from tests.fakes import NOW, StillClock

DAY = timedelta(days=1)
SETUP = Actor.system("tests")


PEOPLE = [
    person(1, external_id=None, date_of_birth=PartialDate("2025")),
    person(2, external_id=None, date_of_birth=PartialDate("2020-01-01")),
    person(3, external_id=None, date_of_birth=None),
    person(4, external_id=None, deceased=True),
    person(5, status=Status.MERGED, merged_into=person(1).id),
    person(6, status=Status.ARCHIVED),
    person(7, status=Status.INACTIVE),
    person(8, last_synced_at=NOW - DAY),
    person(9, last_synced_at=NOW - DAY - timedelta(seconds=1)),
]


def test_patients_are_counted_by_status_birth_and_freshness(registry: Container) -> None:
    for one in PEOPLE:
        registry.patients().add(one)
    counts = registry.registry_counts()
    assert counts.by_status() == {Status.ACTIVE: 6, Status.INACTIVE: 1, Status.ARCHIVED: 1, Status.MERGED: 1}
    assert counts.born_since([2026, 2025, 2020, 1986, 1985, 0]) == (0, 1, 2, 2, 6, 6)
    assert counts.by_freshness(NOW - DAY) == {Freshness.FRESH: 1, Freshness.STALE: 1, Freshness.NEVER: 1}


def test_registrations_are_counted_in_a_period_without_its_end(registry: Container) -> None:
    for number, ago in enumerate((timedelta(), DAY, 2 * DAY), start=1):
        at = NOW - ago
        registry.patients().add(evolve(person(number), id=registry.ids().new(at), created_at=at))
    assert registry.registry_counts().registered(NOW - DAY, NOW) == 1
    assert registry.registry_counts().registered(NOW - DAY, NOW + DAY) == 2


def test_undecided_pairs_are_counted(registry: Container) -> None:
    for number in (1, 2, 3):
        registry.patients().add(person(number))
    pair = DuplicatePair(
        id=job().id,
        first_id=person(1).id,
        second_id=person(2).id,
        probability=0.5,
        evidence=(),
        weights_version=1,
        found_at=NOW,
    )
    put_off = evolve(pair, id=job(2).id, second_id=person(3).id, state=PairState.LATER)
    registry.duplicate_pairs().record([pair, put_off])
    assert registry.registry_counts().open_duplicates() == 1


def test_the_overview_covers_the_last_days_and_is_cached_for_a_minute(registry: Container, clock: StillClock) -> None:
    registry.cache().delete("overview")
    registry.patients().add(person(1))
    registry.jobs().add(job(1, created_at=NOW - DAY, counts={"updated": 2, "unchanged": 3, "refused": 4}))
    view, today = registry.view_overview(), registry.clock().today()
    first = view(actor=SETUP)
    assert (len(first.registered), len(first.synced), first.registered[-1].day) == (30, 30, today)
    assert [(one.day, one.count) for one in first.registered if one.count] == [(NOW.date(), 1)]
    assert [(one.day, one.count) for one in first.synced if one.count] == [(NOW.date() - DAY, 5)]
    assert (first.by_status[Status.ACTIVE], sum(first.by_age), first.by_freshness[Freshness.NEVER]) == (1, 1, 1)
    registry.patients().add(person(2))
    assert view(actor=SETUP) == first
    registry.cache().delete("overview")
    assert view(actor=SETUP).by_status[Status.ACTIVE] == 2


def test_the_age_of_this_year_determines_the_age_group() -> None:
    registry = in_memory_registry()
    this_year = registry.clock().today().year
    for number, age in enumerate((0, 9, 10, 79, 80, 126), start=1):
        registry.patients().add(person(number, date_of_birth=PartialDate(f"{this_year - age}")))
    assert registry.view_overview()(actor=SETUP).by_age == (2, 1, 0, 0, 0, 0, 0, 1, 2)


def test_the_overview_needs_the_permissions_for_what_it_counts() -> None:
    registry = in_memory_registry()
    with pytest.raises(Forbidden):
        registry.view_overview()(actor=Actor.user(person().id, Role.READER, "request"))
