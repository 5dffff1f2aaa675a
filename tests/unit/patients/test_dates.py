from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given

from core.patients.dates import (
    MAX_AGE_YEARS,
    PartialDate,
    parse_date,
    parse_deceased,
    parse_partial_date,
    parse_past_date,
)
from tests import strategies
from tests.strategies import TODAY
from tests.unit.test_values import code


@pytest.mark.parametrize(
    ("iso", "earliest", "latest", "full"),
    [
        ("1985", date(1985, 1, 1), date(1985, 12, 31), False),
        ("1985-12", date(1985, 12, 1), date(1985, 12, 31), False),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29), False),
        ("1985-12-10", date(1985, 12, 10), date(1985, 12, 10), True),
    ],
)
def test_a_partial_date_spans_its_possible_days(iso: str, earliest: date, latest: date, full: bool) -> None:
    partial = PartialDate(iso)
    assert (partial.earliest, partial.latest, partial.is_full, str(partial)) == (earliest, latest, full, iso)


def test_a_date_sorts_before_the_more_precise_dates_within_it() -> None:
    dates = [PartialDate(iso) for iso in ("1986", "1985-02", "1985-01-01", "1984-12-31", "1985-01", "1985")]
    in_order = ["1984-12-31", "1985", "1985-01", "1985-01-01", "1985-02", "1986"]
    assert [date.iso for date in sorted(dates)] == in_order


def test_a_date_is_parsed_from_a_date_and_from_text() -> None:
    assert parse_partial_date(date(1985, 12, 10)) == parse_partial_date("1985-12-10") == PartialDate("1985-12-10")
    assert parse_partial_date("1985-12") == PartialDate("1985-12")
    assert parse_date("1985-12-10") == date(1985, 12, 10)
    assert code(parse_date, "1985-12") == "invalid"


NO_DATES = [
    "",
    "1985-02-30",
    "10.12.1985",
    "19851210",
    "1985-W50-2",
    "1985-12-10T00:00",
    "\uff11985-12-10",
    "0000-01-01",
    5,
    None,
    datetime(1985, 12, 10, tzinfo=UTC),
]


@pytest.mark.parametrize(
    "raw", [*NO_DATES, "198", "0000", "1985-", "1985-00", "1985-13", "1985-1", "85-12", "\uff11985", True]
)
def test_an_invalid_date_is_refused(raw: object) -> None:
    assert code(parse_partial_date, raw) == "invalid"
    assert code(parse_past_date, raw, TODAY) == "invalid"


@pytest.mark.parametrize("raw", NO_DATES)
def test_a_full_date_is_refused_for_the_same_reasons(raw: object) -> None:
    assert code(parse_date, raw) == "invalid"


@pytest.mark.parametrize("raw", [PartialDate("0000"), PartialDate("1985-02-30")])
def test_an_invalid_object_is_refused_as_its_text_is(raw: PartialDate) -> None:
    assert code(parse_partial_date, raw) == "invalid"


@pytest.mark.parametrize("raw", ["9999", "9999-12", "9999-12-31"])
def test_the_last_days_of_the_calendar_are_dates(raw: str) -> None:
    assert parse_partial_date(raw).latest == date(9999, 12, 31)


def test_a_date_of_birth_of_today_is_valid_and_of_tomorrow_is_not() -> None:
    assert parse_past_date(TODAY, TODAY) == PartialDate("2026-01-31")
    assert code(parse_past_date, TODAY + timedelta(1), TODAY) == "future"


def test_a_month_or_year_is_in_the_future_if_all_its_days_are() -> None:
    assert parse_past_date("2026", TODAY) == PartialDate("2026")
    assert code(parse_past_date, "2026-02", TODAY) == "future"
    assert code(parse_past_date, "2027", TODAY) == "future"


def test_a_birth_130_years_ago_is_accepted_and_a_day_more_is_not() -> None:
    assert parse_past_date("1896-01-31", TODAY) == PartialDate("1896-01-31")
    assert code(parse_past_date, "1896-01-30", TODAY) == "too_old"
    assert code(parse_past_date, "0001-01-01", TODAY) == "too_old"


def test_a_month_or_year_is_too_long_ago_if_all_its_days_are() -> None:
    assert parse_past_date("1896", TODAY) == PartialDate("1896")
    assert parse_past_date("1896-01", TODAY) == PartialDate("1896-01")
    assert code(parse_past_date, "1895-12", TODAY) == "too_old"
    assert code(parse_past_date, "1895", TODAY) == "too_old"


def test_130_years_reach_back_to_29_february() -> None:
    assert parse_past_date("1904-02-29", date(2034, 3, 1)) == PartialDate("1904-02-29")
    assert code(parse_past_date, "1904-02-29", date(2034, 3, 2)) == "too_old"
    assert code(parse_past_date, "1904-02-28", date(2034, 3, 1)) == "too_old"


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2000-02-29", "2000-02-28", 0),
        ("2000-02-29", "2000-02-29", 0),
        ("2000-02-29", "2001-02-28", 0),
        ("2000-02-29", "2001-03-01", 1),
        ("2000-02-29", "2004-02-28", 3),
        ("2000-02-29", "2004-02-29", 4),
        ("1999-12-31", "2000-01-01", 0),
        ("1999-12-31", "2000-12-30", 0),
        ("1999-12-31", "2000-12-31", 1),
        ("1985", "2025-06-01", None),
        ("1985", "2025-12-31", 40),
        ("1985-12", "2025-11-30", 39),
        ("1985-12", "2025-12-10", None),
        ("1985-12", "2025-12-31", 40),
    ],
)
def test_age_is_in_whole_years_if_the_date_determines_it(born: str, day: str, age: int | None) -> None:
    assert PartialDate(born).age_on(date.fromisoformat(day)) == age


@given(strategies.dates_of_birth())
def test_every_accepted_birth_gives_an_age_from_0_to_130(born: date) -> None:
    age = parse_past_date(born, TODAY).age_on(TODAY)
    assert age is not None
    assert 0 <= age <= MAX_AGE_YEARS


def test_deceased_is_a_boolean_or_a_past_date() -> None:
    assert parse_deceased(True, TODAY) is True
    assert parse_deceased(False, TODAY) is False
    assert parse_deceased("2025-12", TODAY) == PartialDate("2025-12")
    assert code(parse_deceased, "2027", TODAY) == "future"
    assert code(parse_deceased, "yes", TODAY) == "invalid"
    assert code(parse_deceased, 1, TODAY) == "invalid"
    assert code(parse_deceased, None, TODAY) == "invalid"
