from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from anyascii import anyascii
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.patients.dates import PartialDate
from core.patients.demographics import NameUse, OtherName, OtherPhone, PhoneUse
from core.patients.entities import Patient
from core.patients.errors import CursorGone, EmailTaken
from core.patients.ports import PatientSearch
from core.patients.search import PatientCursor, PatientQuery, Sort
from core.patients.search_terms import Prefixes, parse_words, search_terms
from core.patients.values import Identifier, Sex, Status
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import NOW
from tests.strategies import uuid7

pytestmark = pytest.mark.ports("patients", "atomic", "patient_search")

MINUTE, TICK = timedelta(minutes=1), timedelta(microseconds=1)


def at(number: int, instant: datetime, **changes: object) -> Patient:
    return person(number, id=uuid7(instant, number), created_at=instant, **changes)


ORDERS: dict[str, Callable[[Patient], Any]] = {  # of several that are alike, the newer comes first
    "created_at": lambda patient: patient.id,
    "name": lambda patient: (
        anyascii(patient.last_name or "").lower(),
        anyascii(patient.first_name or "").lower(),
        -patient.id.int,
    ),
    "date_of_birth": lambda patient: (patient.date_of_birth or PartialDate(""), -patient.id.int),
    "updated_at": lambda patient: (patient.updated_at, -patient.id.int),
}


def words(*prefixes: str) -> tuple[Prefixes, ...]:
    return tuple((prefix,) for prefix in prefixes)


PEOPLE = (
    at(0, NOW, phone="+12015550123", identifiers=(Identifier("mrn", "7"), Identifier("national", "8"))),
    at(1, NOW + TICK, first_name="Conan", last_name="O'Brien", status=Status.INACTIVE),
    at(2, NOW + MINUTE, first_name="Anh", last_name="Nguyễn", phone="+12015550123"),
    at(
        3,
        NOW + 2 * MINUTE,
        last_name="Yonath",
        date_of_birth=PartialDate("1939-06-22"),
        sex=Sex.FEMALE,
        identifiers=(Identifier("mrn", "8"),),
    ),
    at(4, NOW + 3 * MINUTE, first_name="Anne-Marie", last_name="Brien", status=Status.ARCHIVED),
)


@pytest.fixture
def search(registry: Container) -> PatientSearch:
    for number in (2, 0, 4, 1, 3):
        registry.patients().add(PEOPLE[number])
    return registry.patient_search()


def found(search: PatientSearch, **filters: object) -> list[int]:
    query = PatientQuery(**filters)  # type: ignore[arg-type]
    page = search.find(query)
    assert page.next is None
    assert search.count(query, 100) == len(page.patients)
    return [PEOPLE.index(patient) for patient in page.patients]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"words": words("ada")}, [3, 0]),
        ({"words": words("ad", "yo")}, [3]),
        ({"words": words("a")}, [4, 3, 2, 0]),
        ({"words": words("brien")}, [4, 1]),
        ({"words": words("obrien")}, [1]),
        ({"words": words("marie", "anne", "b")}, [4]),
        ({"words": words("nguyen")}, [2]),
        ({"words": words("adab")}, [0]),
        ({"words": words("yonathad")}, [3]),
        ({"words": words("adac")}, []),
        ({"words": words("z")}, []),
        ({"status": Status.ACTIVE}, [3, 2, 0]),
        ({"status": Status.ARCHIVED}, [4]),
        ({"email": "p2@example.org"}, [2]),
        ({"email": "p9@example.org"}, []),
        ({"phone": "+12015550123"}, [2, 0]),
        ({"phone": "+1201555012"}, []),
        ({"date_of_birth": PartialDate("1939-06-22")}, [3]),
        ({"identifier": Identifier("mrn", "8")}, [3]),
        ({"identifier": Identifier("national", "8")}, [0]),
        ({"identifier": Identifier("national", "7")}, []),
        ({"identifier": "8"}, [3, 0]),
        ({"identifier": "9"}, []),
        ({"external_id": "x4"}, [4]),
        ({"sex": Sex.FEMALE}, [3]),
        ({"born_after": date(1939, 6, 22)}, [4, 2, 1, 0]),
        ({"born_before": date(1939, 6, 23)}, [3]),
        ({"born_after": date(1939, 6, 21), "born_before": date(1939, 6, 22)}, []),
        ({"ids": frozenset({UUID(int=7)})}, []),
        ({"ids": frozenset()}, []),
        ({"words": words("ada"), "phone": "+12015550123", "identifier": Identifier("mrn", "7")}, [0]),
        ({"words": words("ada"), "status": Status.INACTIVE}, []),
    ],
)
def test_every_result_matches_every_filter(
    search: PatientSearch, filters: dict[str, object], numbers: list[int]
) -> None:
    assert found(search, **filters) == numbers


@pytest.mark.parametrize("z", ["z", "9", "a"])
def test_the_last_letters_of_the_alphabet_are_prefixes_too(registry: Container, z: str) -> None:
    registry.patients().add(person(first_name=z * 3))
    assert len(registry.patient_search().find(PatientQuery(words=words(z * 2))).patients) == 1


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"created_after": NOW - TICK}, [4, 3, 2, 1, 0]),
        ({"created_after": NOW}, [4, 3, 2, 1]),
        ({"created_after": NOW + TICK}, [4, 3, 2]),
        ({"created_before": NOW}, []),
        ({"created_before": NOW + TICK}, [0]),
        ({"created_before": NOW + 2 * TICK}, [1, 0]),
        ({"created_after": NOW, "created_before": NOW + 2 * MINUTE}, [2, 1]),
        ({"created_after": NOW + MINUTE, "created_before": NOW + MINUTE}, []),
        ({"created_after": datetime(1, 1, 1, tzinfo=UTC)}, [4, 3, 2, 1, 0]),
        ({"created_after": datetime.max.replace(tzinfo=UTC)}, []),
        ({"created_before": datetime(1, 1, 1, tzinfo=UTC)}, []),
        ({"created_before": datetime.max.replace(tzinfo=UTC)}, [4, 3, 2, 1, 0]),
    ],
)
def test_created_after_and_before_exclude_the_instant_itself(
    search: PatientSearch, filters: dict[str, object], numbers: list[int]
) -> None:
    assert found(search, **filters) == numbers


@pytest.mark.parametrize(
    ("after", "numbers"), [(-TICK, [2, 1, 0]), (0 * TICK, [2, 0]), (MINUTE, [0]), (2 * MINUTE, [])]
)
def test_updated_after_excludes_patients_unchanged_since(
    registry: Container, after: timedelta, numbers: list[int]
) -> None:
    updates = (2 * MINUTE, 0 * MINUTE, MINUTE)
    people = [at(number, NOW, updated_at=NOW + since) for number, since in enumerate(updates)]
    for patient in people:
        registry.patients().add(patient)
    query = PatientQuery(updated_after=NOW + after)
    assert list(registry.patient_search().find(query).patients) == [people[number] for number in numbers]
    assert registry.patient_search().count(query, 100) == len(numbers)


def test_newest_come_first_by_id_and_pages_continue_after_the_last(search: PatientSearch) -> None:
    first = search.find(PatientQuery(limit=2))
    assert first.patients == (PEOPLE[4], PEOPLE[3])
    assert first.next == PatientCursor.of(PEOPLE[3])
    last = search.find(PatientQuery(limit=3, after=first.next))
    assert last.patients == (PEOPLE[2], PEOPLE[1], PEOPLE[0])
    assert last.next is None
    assert search.find(PatientQuery(after=PatientCursor.of(PEOPLE[0]))).patients == ()
    assert search.find(PatientQuery(after=PatientCursor(UUID(int=2**128 - 1), 1), limit=1)).patients == (PEOPLE[4],)


def test_count_covers_all_pages_up_to_the_given_maximum(search: PatientSearch) -> None:
    assert search.count(PatientQuery(limit=1, after=PatientCursor.of(PEOPLE[2])), 100) == 5
    assert [search.count(PatientQuery(), most) for most in (1, 4, 5, 6)] == [1, 4, 5, 5]
    assert search.count(PatientQuery(words=words("ada")), 1) == 1
    assert search.count(PatientQuery(words=words("nobody")), 5) == 0


@some
@given(
    instants=st.lists(st.integers(0, 3000), max_size=12),
    limit=st.integers(1, 6),
    status=st.none() | st.sampled_from(Status),
    sort=st.sampled_from(Sort),
)
def test_paging_returns_every_patient_once_in_order(
    fresh: Fresh, instants: list[int], limit: int, status: Status | None, sort: Sort
) -> None:
    registry = fresh()
    search = registry.patient_search()
    people = [
        at(
            number,
            NOW + TICK * microseconds,
            status=list(Status)[microseconds % 2],
            first_name=(None, "Ada", "Ædwin")[microseconds % 3],
            last_name=("byron", "O'Brien", "Øster", "王", None)[microseconds % 5] if microseconds % 3 else "Byron",
            date_of_birth=(None, *map(PartialDate, ("1985", "1985-12", "1985-12-10")))[microseconds % 4],
            updated_at=NOW + TICK * (microseconds % 5),
        )
        for number, microseconds in enumerate(instants)
    ]
    for patient in people:
        registry.patients().add(patient)
    visited: list[Patient] = []
    page = search.find(PatientQuery(limit=limit, status=status, sort=sort))
    visited.extend(page.patients)
    while page.next:
        assert len(page.patients) == limit
        page = search.find(PatientQuery(limit=limit, status=status, sort=sort, after=page.next))
        assert page.patients
        visited.extend(page.patients)
    expected = [patient for patient in people if status in (None, patient.status)]
    assert visited == sorted(expected, key=ORDERS[sort.field], reverse=sort.descending)


OLDEST_OF_ALL, NAMED_OTHERWISE, RING_OTHERWISE = (
    person(1, date_of_birth=PartialDate("1985"), email=None),
    person(
        2,
        first_name="Augusta",
        date_of_birth=PartialDate("1985-12"),
        other_names=(
            OtherName(use=NameUse.MAIDEN, last_name="Milbanke"),
            OtherName(use=NameUse.NICKNAME, first_name="Gussie"),
        ),
    ),
    person(
        3,
        last_name=None,
        date_of_birth=None,
        other_phones=(OtherPhone(use=PhoneUse.WORK, value="+442079460958"),),
    ),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("milbanke", [NAMED_OTHERWISE]),
        ("Augusta Milb", [NAMED_OTHERWISE]),
        ("gussie byron", [NAMED_OTHERWISE]),
        ("ada milbanke", []),
        ("020 7946 0958", [RING_OTHERWISE]),
        ("0958", [RING_OTHERWISE]),
        ("1985", [NAMED_OTHERWISE, OLDEST_OF_ALL]),
        ("ada", [RING_OTHERWISE, OLDEST_OF_ALL]),
    ],
)
def test_words_find_other_names_other_phones_and_partial_dates(
    registry: Container, query: str, expected: list[Patient]
) -> None:
    for patient in (OLDEST_OF_ALL, NAMED_OTHERWISE, RING_OTHERWISE):
        registry.patients().add(patient)
    page = registry.patient_search().find(PatientQuery(words=parse_words(query, "GB")))
    assert list(page.patients) == expected


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"date_of_birth": PartialDate("1985")}, [4, 3, 2, 1]),
        ({"date_of_birth": PartialDate("1985-12")}, [4, 2]),
        ({"date_of_birth": PartialDate("1985-12-10")}, [4]),
        ({"date_of_birth": PartialDate("1984")}, []),
        ({"born_after": date(1985, 11, 30)}, [5, 4, 2]),
        ({"born_before": date(1985, 12, 10)}, [3, 2, 1]),
        ({"born_before": date(1986, 1, 1)}, [4, 3, 2, 1]),
        ({"born_before": date(1985, 12, 1)}, [3, 1]),
        ({"born_before": date(1985, 1, 1)}, []),
        ({"born_after": date(1985, 12, 1)}, [5, 4]),
        ({"born_after": date(1985, 12, 31)}, [5]),
        ({"sort": Sort.BIRTH}, [6, 0, 1, 3, 2, 4, 5]),
        ({"sort": Sort.BIRTH_DESCENDING}, [5, 4, 2, 3, 1, 0, 6]),
    ],
)
def test_a_date_of_birth_matches_within_its_month_or_year_and_an_unknown_one_sorts_first(
    registry: Container, filters: dict[str, Any], numbers: list[int]
) -> None:
    born = (None, *map(PartialDate, ("1985", "1985-12", "1985-11-30", "1985-12-10", "1986")), None)
    people = [person(number, date_of_birth=date_of_birth) for number, date_of_birth in enumerate(born)]
    for patient in people:
        registry.patients().add(patient)
    search, query = registry.patient_search(), PatientQuery(**filters)
    assert search.count(query, 100) == len(numbers)
    assert [people.index(patient) for patient in search.find(query).patients] == numbers
    page = search.find(evolve(query, limit=1))
    visited = [*page.patients]
    while page.next:
        page = search.find(evolve(query, limit=1, after=page.next))
        visited.extend(page.patients)
    assert [people.index(patient) for patient in visited] == numbers


def test_ids_find_the_existing_ones(search: PatientSearch) -> None:
    assert found(search, ids=frozenset({PEOPLE[1].id, PEOPLE[4].id, UUID(int=7)})) == [4, 1]


@pytest.mark.parametrize("changed", [True, False], ids=["changed", "erased"])
@pytest.mark.parametrize("sort", [Sort.NAME, Sort.BIRTH_DESCENDING, Sort.UPDATED])
def test_a_cursor_expires_when_its_patient_is_changed_or_erased(
    registry: Container, search: PatientSearch, sort: Sort, changed: bool
) -> None:
    patients, last = registry.patients(), PatientCursor.of(PEOPLE[2])
    if changed:
        after = evolve(PEOPLE[2], last_name="Zuse", version=2)
        registry.atomic()(lambda: patients.replace(patients.lock(last.id), after))
    else:
        patients.remove(last.id)
    with pytest.raises(CursorGone):
        search.find(PatientQuery(after=last, sort=sort))
    assert search.find(PatientQuery(after=last)).patients == (PEOPLE[1], PEOPLE[0])
    assert search.find(PatientQuery(after=last, sort=Sort.OLDEST)).patients == (PEOPLE[3], PEOPLE[4])


@some
@given(first=strategies.names(), last=strategies.names(), others=strategies.names(), renamed=st.booleans())
def test_any_name_is_found_by_words_that_begin_its_own(
    fresh: Fresh, first: str, last: str, others: str, renamed: bool
) -> None:
    registry = fresh()
    patients, search = registry.patients(), registry.patient_search()
    patient = person(first_name=first, last_name=last)
    if renamed:
        before = person(first_name="Before")
        patients.add(before)
        registry.atomic()(lambda: patients.replace(patients.lock(before.id), patient))
        assert search.find(PatientQuery(words=words("before"))).patients == ()
    else:
        patients.add(evolve(patient))
    terms = search_terms(patient)
    for query in (parse_words(f"{last} {first}", "US"), parse_words(others, "US")):
        expected = all(any(term.startswith(prefixes) for term in terms) for prefixes in query)
        assert bool(search.find(PatientQuery(words=query)).patients) == expected


@some
@given(before=strategies.patients(), other=strategies.patients())
def test_find_returns_every_field_that_was_added_or_replaced(fresh: Fresh, before: Patient, other: Patient) -> None:
    registry = fresh()
    patients, search = registry.patients(), registry.patient_search()
    patients.add(before)
    assert search.find(PatientQuery()).patients == (before,)
    after = evolve(other, id=before.id, created_at=before.created_at)
    registry.atomic()(lambda: patients.replace(patients.lock(before.id), after))
    assert search.find(PatientQuery()).patients == (after,)


def test_a_replaced_patient_is_found_by_its_new_name_only(registry: Container) -> None:
    patients, search, replaced, other = registry.patients(), registry.patient_search(), person(1), person(2)
    for patient in (replaced, other):
        patients.add(patient)
    renamed = evolve(replaced, last_name="King")
    registry.atomic()(lambda: patients.replace(patients.lock(replaced.id), renamed))
    assert search.find(PatientQuery(words=words("byron"))).patients == (other,)
    assert search.find(PatientQuery(words=words("king"))).patients == (renamed,)


def test_a_removed_patient_is_found_by_nothing(registry: Container) -> None:
    patients, search = registry.patients(), registry.patient_search()
    removed, other = person(1, identifiers=(Identifier("mrn", "7"),)), person(2)
    for patient in (removed, other):
        patients.add(patient)
    patients.remove(removed.id)
    assert search.find(PatientQuery(words=words("ada"))).patients == (other,)
    assert search.find(PatientQuery(identifier=Identifier("mrn", "7"))).patients == ()


def test_a_patient_that_was_not_added_is_found_by_nothing(registry: Container) -> None:
    patients, search = registry.patients(), registry.patient_search()
    patients.add(person(1))
    with pytest.raises(EmailTaken):
        patients.add(person(2, last_name="King", email="p1@example.org", identifiers=(Identifier("mrn", "7"),)))
    assert search.find(PatientQuery(words=words("king"))).patients == ()
    assert search.find(PatientQuery(identifier=Identifier("mrn", "7"))).patients == ()


def test_a_refused_change_leaves_the_search_terms(registry: Container) -> None:
    patients, search = registry.patients(), registry.patient_search()
    for patient in (person(1), person(2)):
        patients.add(patient)
    after = person(2, last_name="King", email="p1@example.org", identifiers=(Identifier("mrn", "7"),))
    with pytest.raises(EmailTaken):
        registry.atomic()(lambda: patients.replace(patients.lock(after.id), after))
    assert search.find(PatientQuery(words=words("king"))).patients == ()
    assert search.find(PatientQuery(identifier=Identifier("mrn", "7"))).patients == ()
    assert search.find(PatientQuery(words=words("byron"))).patients == (person(2), person(1))
