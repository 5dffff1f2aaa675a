from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from core.errors import ValidationError
from core.patients.dates import PartialDate
from core.patients.search import MAX_IDS, MAX_QUERY_LENGTH, PatientCursor, PatientQuery, Sort
from core.patients.search_terms import MAX_TERM_LENGTH
from core.patients.values import Identifier, Sex, Status
from tests.strategies import RULES

ONE, TWO = UUID(int=1), UUID(int=2)


def parsed(**raw: object) -> PatientQuery:
    return PatientQuery.parse(raw, RULES)


def test_without_filters_all_patients_are_listed_50_per_page() -> None:
    assert parsed() == PatientQuery(limit=50)


def test_every_filter_is_normalized_like_a_stored_value() -> None:
    after = PatientCursor(uuid4(), 3)
    assert parsed(
        q="O'Brien, Conan",
        ids="019C13D1-7e40-7000-8000-000000000001",
        status="active",
        sex="female",
        email=" Ada@Example.org",
        phone="(201) 555-0123",
        date_of_birth="1985-12-10",
        born_after="1985-12-09",
        born_before=date(1985, 12, 11),
        identifier=" mrn | 7|8 ",
        external_id=" x7 ",
        created_after="2026-01-31T10:30:00+01:00",
        created_before=datetime(2026, 1, 31, 10, 30, tzinfo=UTC),
        updated_after="2026-01-31T11:30:00Z",
        sort="-name",
        limit=200,
        after=after,
    ) == PatientQuery(
        words=(("obrien",), ("conan",)),
        ids=frozenset({UUID("019c13d1-7e40-7000-8000-000000000001")}),
        status=Status.ACTIVE,
        sex=Sex.FEMALE,
        email="ada@example.org",
        phone="+12015550123",
        date_of_birth=PartialDate("1985-12-10"),
        born_after=date(1985, 12, 9),
        born_before=date(1985, 12, 11),
        identifier=Identifier("mrn", "7|8"),
        external_id="x7",
        created_after=datetime(2026, 1, 31, 9, 30, tzinfo=UTC),
        created_before=datetime(2026, 1, 31, 10, 30, tzinfo=UTC),
        updated_after=datetime(2026, 1, 31, 11, 30, tzinfo=UTC),
        sort=Sort.NAME_DESCENDING,
        limit=200,
        after=after,
    )


def test_an_identifier_object_is_parsed_as_text_is() -> None:
    assert parsed(identifier=Identifier(" mrn", "7 ")) == parsed(identifier="mrn|7")


def test_an_identifier_without_a_bar_matches_any_system() -> None:
    assert parsed(identifier=" 7 ").identifier == "7"


@pytest.mark.parametrize("given", [f"{ONE},{TWO}", [str(ONE), TWO], {ONE, TWO}])
def test_ids_are_a_list_or_separated_by_commas(given: object) -> None:
    assert parsed(ids=given).ids == {ONE, TWO}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "invalid"),
        ("7", "invalid"),
        ([7], "invalid"),
        (7, "type"),
        ({}, "type"),
        ([ONE] * (MAX_IDS + 1), "too_many"),
        (f"{ONE}," * MAX_IDS + str(ONE), "too_many"),
    ],
)
def test_an_invalid_list_of_ids_is_refused(given: object, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parsed(ids=given)
    assert [(error.field, error.code) for error in refused.value.errors] == [("ids", code)]


@pytest.mark.parametrize("day", ["2990-01-01", "0001-01-01", "1985-12", "1985"])
def test_any_date_of_birth_may_be_searched_for(day: str) -> None:
    assert parsed(date_of_birth=day).date_of_birth == PartialDate(day)


def test_every_error_of_a_query_is_reported_at_once() -> None:
    broken = {
        "q": " ",
        "sex": "f",
        "born_after": "1985",
        "born_before": "",
        "sort": "age",
        "status": "dead",
        "email": "ada",
        "phone": "12",
        "date_of_birth": "85",
        "identifier": "|7",
        "external_id": "a b",
        "created_after": "yesterday",
        "created_before": "2026-01-31",
        "updated_after": "",
        "limit": 0,
        "after": "7",
        "name": "Ada",
        "words": ("ada",),
    }
    with pytest.raises(ValidationError) as refused:
        PatientQuery.parse(broken, RULES)
    assert {error.field: error.code for error in refused.value.errors} == {
        "q": "blank",
        "sex": "choice",
        "born_after": "invalid",
        "born_before": "invalid",
        "sort": "choice",
        "status": "choice",
        "email": "invalid",
        "phone": "invalid",
        "date_of_birth": "invalid",
        "identifier.system": "blank",
        "external_id": "characters",
        "created_after": "invalid",
        "created_before": "invalid",
        "updated_after": "invalid",
        "limit": "range",
        "after": "type",
        "name": "unknown",
        "words": "unknown",
    }


def test_a_query_has_at_most_250_characters() -> None:
    assert parsed(q=f"{'a' * 100} {'b' * 100}").words == (("a" * 100,), ("b" * 100,))
    assert parsed(q="a" * MAX_QUERY_LENGTH).words == (("a" * MAX_TERM_LENGTH,),)
    with pytest.raises(ValidationError) as refused:
        parsed(q="a" * (MAX_QUERY_LENGTH + 1))
    assert refused.value.errors[0].code == "too_long"


def test_a_null_filter_is_refused() -> None:
    for name in (
        "q",
        "ids",
        "sex",
        "sort",
        "born_after",
        "status",
        "email",
        "phone",
        "date_of_birth",
        "identifier",
        "external_id",
        "limit",
        "after",
    ):
        with pytest.raises(ValidationError):
            parsed(**{name: None})


def test_repr_of_a_query_hides_its_values() -> None:
    query = parsed(email="ada@example.org", after=PatientCursor(UUID(int=7), 1))
    assert "ada" not in repr(query)
