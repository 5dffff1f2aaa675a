from datetime import timedelta
from typing import Unpack
from uuid import UUID

import pytest
from attrs import frozen

from adapters.in_memory.patients import InMemoryPatientRepository
from bootstrap import Container
from core.errors import ValidationError
from core.patients.identifier_systems import DEFAULT_SYSTEMS
from core.patients.search import Filters, PatientCursor, PatientQuery
from core.patients.use_cases import SearchPatients
from core.patients.values import Identifier
from tests.fakes import CLERK, READER, StillClock, details


@pytest.fixture
def ids(registry: Container, clock: StillClock) -> list[UUID]:
    """Five patients, oldest first, a minute apart."""
    people = [
        details(first_name="Ada", last_name="Byron", phone="(201) 555-0123"),
        details(first_name="Conan", last_name="O'Brien", status="inactive", date_of_birth="1963-04-18"),
        details(first_name="Anh", last_name="Nguyễn", identifiers=[Identifier("mrn", "7")]),
        details(
            first_name="Ada", last_name="Yonath", external_id="x7", phone="+12015550123", date_of_birth="1985-11-12"
        ),
        details(first_name="Anne-Marie", last_name="Brien", status="archived"),
    ]
    found: list[UUID] = []
    for n, person in enumerate(people):
        person["email"] = f"p{n}@example.org"
        found.append(registry.register_patient()(actor=CLERK, **person).id)
        clock.forward(timedelta(minutes=1))
    return found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"q": "ada"}, [3, 0]),
        ({"q": "by ad"}, [0]),
        ({"q": "brien"}, [4, 1]),
        ({"q": "O\u2019Brien"}, [1]),
        ({"q": "555-0123"}, [3, 0]),
        ({"q": "7"}, [2]),
        ({"q": "mrn|7 nguyen"}, [2]),
        ({"q": "x7"}, [3]),
        ({"q": "p4@example.org"}, [4]),
        ({"q": "1963-04-18"}, [1]),
        ({"identifier": "7"}, [2]),
        ({"born_before": "1963-04-19"}, [1]),
        ({"born_after": "1963-04-18", "sort": "created_at"}, [0, 2, 3, 4]),
        ({"sort": "name"}, [4, 0, 2, 1, 3]),
        ({"q": "NGUYEN"}, [2]),
        ({"status": "active"}, [3, 2, 0]),
        ({"status": "archived"}, [4]),
        ({"email": "P1@example.org "}, [1]),
        ({"phone": "201 555 0123"}, [3, 0]),
        ({"date_of_birth": "1963-04-18"}, [1]),
        ({"identifier": "mrn|7"}, [2]),
        ({"identifier": "mrn|8"}, []),
        ({"external_id": "x7"}, [3]),
        ({"created_after": "2026-01-31T09:31:00Z"}, [4, 3, 2]),
        ({"created_before": "2026-01-31T10:31:00+01:00"}, [0]),
        ({"q": "ada", "phone": "(201) 555-0123", "external_id": "x7"}, [3]),
        ({"q": "ada", "status": "inactive"}, []),
    ],
)
def test_results_match_every_filter_newest_first(
    registry: Container, ids: list[UUID], filters: Filters, found: list[int]
) -> None:
    page = registry.search_patients()(actor=READER, **filters)
    assert [patient.id for patient in page.patients] == [ids[n] for n in found]
    assert (page.next, page.count, page.count_capped) == (None, None, False)


def test_updated_after_finds_patients_changed_since(registry: Container, ids: list[UUID]) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ids[1], status="active")
    page = registry.search_patients()(actor=READER, updated_after="2026-01-31T09:33:00Z")
    assert [patient.id for patient in page.patients] == [ids[4], ids[1]]


def test_pages_are_consecutive(registry: Container, ids: list[UUID]) -> None:
    search = registry.search_patients()
    first = search(actor=READER, limit=2)
    second = search(actor=READER, limit=2, after=PatientCursor(ids[3], 1))
    third = search(actor=READER, limit=2, after=PatientCursor(ids[1], 1))
    pages = [[patient.id for patient in page.patients] for page in (first, second, third)]
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    assert [page.next for page in (first, second)] == [PatientCursor(ids[3], 1), PatientCursor(ids[1], 1)]
    assert third.next is None


def test_a_full_last_page_is_the_last(registry: Container, ids: list[UUID]) -> None:
    assert registry.search_patients()(actor=READER, limit=5).next is None


def test_a_patient_registered_while_paging_is_on_no_later_page(registry: Container, ids: list[UUID]) -> None:
    first = registry.search_patients()(actor=READER, limit=3)
    registry.register_patient()(actor=CLERK, **details(email="new@example.org"))
    assert first.next is not None
    rest = registry.search_patients()(actor=READER, limit=3, after=first.next)
    assert [patient.id for patient in rest.patients] == [ids[1], ids[0]]


def test_only_a_returned_cursor_is_accepted(registry: Container, ids: list[UUID]) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.search_patients()(actor=READER, after=ids[0])  # type: ignore[arg-type]
    assert [(error.field, error.code) for error in refused.value.errors] == [("after", "type")]


def test_the_count_covers_all_pages(registry: Container, ids: list[UUID]) -> None:
    search = registry.search_patients()
    assert search(actor=READER, count=True, limit=1).count == 5
    assert search(actor=READER, count=True, limit=1, after=PatientCursor(ids[1], 1)).count == 5
    assert search(actor=READER, count=True, q="ada").count == 2
    assert search(actor=READER, count=True, q="nobody").count == 0


@frozen
class Crowd(InMemoryPatientRepository):
    """A repository that counts a given number of patients."""

    size: int = 0

    def count(self, query: PatientQuery, most: int) -> int:
        return min(most, self.size)


@pytest.mark.parametrize(
    ("size", "count", "capped"), [(9_999, 9_999, False), (10_000, 10_000, False), (10_001, 10_000, True)]
)
def test_counting_stops_at_10_000(registry: Container, size: int, count: int, capped: bool) -> None:
    crowd = Crowd(registry.store(), DEFAULT_SYSTEMS, size)
    search = SearchPatients(crowd, registry.rules(), registry.access_recorder())
    page = search(actor=READER, count=True)
    assert (page.count, page.count_capped) == (count, capped)


def test_a_patient_is_found_by_other_names_and_phones(registry: Container) -> None:
    register = registry.register_patient()
    king = register(
        actor=CLERK,
        first_name="Ada",
        last_name="King",
        other_names=[{"use": "maiden", "last_name": "Byron"}, {"use": "nickname", "first_name": "Addie"}],
        phone="+12015550100",
        other_phones=[{"use": "work", "value": "+442079460958"}],
    )
    register(actor=CLERK, first_name="Eve", last_name="Stone")
    search = registry.search_patients()
    for q in ("byron", "ada byron", "byron ada", "addie king", "ada king", "+44 20 7946 0958", "0958", "201 555 0100"):
        assert [patient.id for patient in search(actor=READER, q=q).patients] == [king.id], q
    assert search(actor=READER, q="eve byron").patients == ()


def test_a_partial_date_of_birth_matches_the_dates_within_it(registry: Container) -> None:
    register, search = registry.register_patient(), registry.search_patients()
    for name, born in (("day", "1985-12-10"), ("month", "1985-12"), ("year", "1985"), ("unknown", None)):
        register(actor=CLERK, first_name=name, date_of_birth=born)

    def found(**filters: Unpack[Filters]) -> list[str | None]:
        filters["sort"] = "date_of_birth"
        return [patient.first_name for patient in search(actor=READER, **filters).patients]

    assert found(date_of_birth="1985") == ["year", "month", "day"]
    assert found(date_of_birth="1985-12") == ["month", "day"]
    assert found(date_of_birth="1985-12-10") == ["day"]
    assert found(born_before="1986-01-01") == ["year", "month", "day"]


def test_an_invalid_search_is_refused(registry: Container) -> None:
    with pytest.raises(ValidationError):
        registry.search_patients()(actor=READER, q="", limit=201)
