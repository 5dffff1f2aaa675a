import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import values
from core.access import Role
from core.errors import InvalidValue
from core.patients.values import parse_phone
from tests import strategies


def code(parser: object, *given: object) -> str:
    assert callable(parser)
    with pytest.raises(InvalidValue) as refused:
        parser(*given)
    return refused.value.code


def test_an_email_that_grows_in_lower_case_is_refused_or_unchanged() -> None:
    try:
        address = values.parse_email(f"{'İ' * 90}@example.org")
    except InvalidValue:
        return
    assert values.parse_email(address) == address


@given(strategies.phones() | strategies.written_phones(), st.sampled_from(["US", "DE", "CN", "IT", "BR", "AR"]))
def test_parsing_a_phone_is_idempotent_in_any_region(raw: str, region: str) -> None:
    try:
        parsed = parse_phone(raw, region)
    except InvalidValue:
        return
    assert parse_phone(parsed, "FR") == parsed


@given(st.text())
def test_any_text_is_refused_or_an_idempotent_line(raw: str) -> None:
    try:
        line = values.parse_single_line(raw, 20)
    except InvalidValue:
        return
    assert values.parse_single_line(line, 20) == line
    assert 1 <= len(line) <= 20
    assert line == line.strip()


@given(st.text() | st.builds("{}@example.org".format, st.text(min_size=1)))
def test_any_text_is_refused_or_an_idempotent_email(raw: str) -> None:
    try:
        address = values.parse_email(raw)
    except InvalidValue:
        return
    assert values.parse_email(address) == address == address.lower()


@pytest.mark.parametrize("raw", [5, None, True, b"x", ["x"]])
def test_other_types_are_not_converted_to_text(raw: object) -> None:
    assert code(values.parse_str, raw) == "type"
    assert code(values.parse_single_line, raw, 9) == "type"
    assert code(values.parse_email, raw) == "type"
    assert code(values.parse_enum, raw, Role) == "type"


def test_a_line_is_trimmed_and_composed() -> None:
    assert values.parse_single_line(" \tZoe\u0308 \n", 9) == "Zo\xeb"


@pytest.mark.parametrize(
    "raw", ["a\x00b", "a\nb", "a\x7fb", "a\u202eb", "a\u200bb", "\ufeffa", "a\u2028b", "a\ud800b", "\u00ada"]
)
def test_control_and_invisible_characters_are_refused(raw: str) -> None:
    assert code(values.parse_single_line, raw, 9) == "characters"


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_joiners_are_part_of_some_scripts(joiner: str) -> None:
    assert values.parse_single_line(f"علی{joiner}رضا", 9) == f"علی{joiner}رضا"


@pytest.mark.parametrize("raw", ["", " ", "\t\n", "\u200d", "\u200c \u200d", "\u3000"])
def test_invisible_text_is_blank(raw: str) -> None:
    assert code(values.parse_single_line, raw, 9) == "blank"


def test_a_line_that_is_too_long_is_refused() -> None:
    assert values.parse_single_line("x" * 9, 9) == "x" * 9
    assert values.parse_single_line(f" {'x' * 9} ", 9) == "x" * 9
    assert code(values.parse_single_line, "x" * 10, 9) == "too_long"


@pytest.mark.parametrize("parser", [values.parse_single_line, values.parse_multi_line])
def test_length_is_checked_before_anything_else(parser: Callable[[object, int], str]) -> None:
    assert code(parser, "a" + "\u0301\u0323" * 100_000, 9) == "too_long"
    assert code(parser, " " * 100_000, 9) == "too_long"
    assert parser("e\u0302\u0301" * 9, 9) == "\u1ebf" * 9


@pytest.mark.parametrize("mark", ["\u0301", "\u0344", "\u0f73"])
def test_consecutive_combining_marks_are_limited(mark: str) -> None:
    assert values.parse_single_line("a" + mark * 15, 100) == unicodedata.normalize("NFC", "a" + mark * 15)
    assert code(values.parse_single_line, "a" + mark * 31, 100) == "characters"
    assert code(values.parse_email, f"a{mark * 31}@example.org") == "characters"


def test_the_limit_of_combining_marks_is_idempotent() -> None:
    grows = "\u01d8" + "\u0323" * 30
    assert code(values.parse_single_line, grows, 100) == "characters"


def test_an_email_is_trimmed_and_in_lower_case() -> None:
    assert values.parse_email(" Ada.Byron@Example.ORG\n") == "ada.byron@example.org"


NO_EMAILS = ["", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "a@b@example.org", "a..b@example.org"]
CHEROKEE = "ada@b\u13a0c.org"  # a domain that its own normal form puts into capitals
ODD_EMAILS = [
    CHEROKEE,
    "Ada <a@example.org>",
    "ada@[127.0.0.1]",
    f"{'a' * 250}@example.org",
    "ada@\ud800.org",
    "a\x00@example.org",
]


@pytest.mark.parametrize("raw", NO_EMAILS + ODD_EMAILS)
def test_an_invalid_email_is_refused(raw: str) -> None:
    assert code(values.parse_email, raw) in {"invalid", "characters"}


@given(st.text(max_size=20).filter(lambda raw: raw not in list(Role)))
def test_a_value_outside_the_choices_is_refused(raw: str) -> None:
    assert code(values.parse_enum, raw, Role) == "choice"


@pytest.mark.parametrize("role", Role)
def test_a_choice_is_accepted_as_text_or_as_a_member(role: Role) -> None:
    assert values.parse_enum(str(role), Role) is values.parse_enum(role, Role) is role


@given(strategies.instants(), st.integers(-23, 23))
def test_a_datetime_is_the_same_from_any_offset_and_from_text(instant: datetime, hours: int) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(hours=hours)))
    assert values.parse_datetime(elsewhere) == values.parse_datetime(elsewhere.isoformat()) == instant
    assert values.parse_datetime(elsewhere).tzinfo is UTC


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-01-31t09:30:00z", "2026-01-31T09:30:00+00:00"),
        ("2026-01-31T09:30:00-00:00", "2026-01-31T09:30:00+00:00"),
        ("2026-01-31T09:30:00.5+05:30", "2026-01-31T04:00:00.500000+00:00"),
        ("2026-01-31T09:30:00.123456789Z", "2026-01-31T09:30:00.123456+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("1990-12-31T15:59:60.25-08:00", "1991-01-01T00:00:00+00:00"),
    ],
)
def test_every_rfc_3339_datetime_is_accepted(raw: str, expected: str) -> None:
    assert values.parse_datetime(raw).isoformat() == expected


NO_INSTANTS = [
    "", "yesterday", "2026-01-31", "2026-01-31T09:30:00", "2026-02-30T00:00:00Z", 5, None, "2026-01-31 09:30:00Z",
    "2026-01-31T09:30Z", "20260131T093000Z", "2026-W05-6T09:30:00Z", "2026-031T09:30:00Z", "2026-01-31T09:30:00+01",
    "2026-01-31T09:30:00+0100", "2026-01-31T09:30:00+01:00:30", "2026-01-31T09:30:00,5Z", "2026-01-31T09:30:00.Z",
    "2026-01-31T24:00:00Z", "2026-01-31T09:30:61Z", "2026-01-31T09:30:60Z", "2016-12-30T23:59:60Z",
    "2016-12-31T23:59:60+01:00", "2026-01-31T09:30:00+24:00", "2026-01-31T09:30:00Z ", "２026-01-31T09:30:00Z",
    "2026-01-31T09:30:00 Z", "0000-01-01T00:00:00Z",
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_INSTANTS)
def test_a_datetime_without_an_offset_is_refused(raw: object) -> None:
    assert code(values.parse_datetime, raw) == "invalid"


BEYOND_THE_CALENDAR = [
    "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:60Z",
    datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
]  # fmt: skip


@pytest.mark.parametrize("raw", BEYOND_THE_CALENDAR)
def test_a_datetime_outside_the_calendar_is_refused(raw: object) -> None:
    assert code(values.parse_datetime, raw) == "range"


@pytest.mark.parametrize("limit", [1, values.DEFAULT_PER_PAGE, 200])
def test_a_page_has_1_to_200_items(limit: int) -> None:
    assert values.parse_page_limit(limit) == limit


@pytest.mark.parametrize("limit", [0, -1, 201, 1.0, "10", True, None])
def test_other_page_limits_are_refused(limit: object) -> None:
    assert code(values.parse_page_limit, limit) == "range"
