"""Parsers of values. Each takes what anybody may have sent, and returns the value in its one normal form or raises
`InvalidValue` (`ValidationError`, where it has parts with errors of their own). Parsing a parsed value gives it again.
Nothing is coerced: 5 is no name.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Network
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from core.errors import InvalidValue

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 200
MAX_TEXT_LENGTH = 4096  # characters, of a text that its parser does not bound more tightly
MAX_EMAIL_LENGTH = 254  # RFC 5321
_SLACK = 4  # how many times as long a text may be before it is composed and trimmed
_MAX_COMBINING_MARKS = (
    30  # in a row, as in Unicode's Stream-Safe Text Format: ordering more of them takes quadratic time
)
_MARKS_BY_DECOMPOSITION = "\u0f73\u0f75\u0f81"
_JOINERS = "\u180e\u200c\u200d"  # the first parts vowels in Mongolian
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by category, with nothing to see

_RFC3339 = re.compile(
    r"(?P<minute>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
    r"(?P<rest>(?:\.[0-9]{1,12})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))"
)

E = TypeVar("E", bound=StrEnum)


def parse_str(raw: object, most: int = MAX_TEXT_LENGTH, *, slack: int = 1) -> str:
    """At most `most` characters, or `slack` times as many where a parser shortens them. Its length is judged before
    anything else is done with it."""
    if not isinstance(raw, str):
        raise InvalidValue("type", "Must be a string.")
    if len(raw) > most * slack:
        raise InvalidValue("too_long", f"Must be at most {most} characters.")
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise InvalidValue("characters", "Contains an invalid character: half of a surrogate pair.") from None
    return raw


def parse_single_line(raw: object, most: int) -> str:
    """Trimmed, in NFC, from 1 to `most` characters, all of them visible or joiners."""
    return _visible(_composed(raw, most), most, besides=_JOINERS)


def parse_multi_line(raw: object, most: int) -> str:
    """As one line, but with line feeds and tabs; every other way to end a line becomes a line feed."""
    lines = _composed(raw, most).replace("\r\n", "\n").replace("\r", "\n")
    return _visible(lines, most, besides=_JOINERS + "\n\t")


def _composed(raw: object, most: int) -> str:
    """Trimmed and in NFC, in linear time."""
    given = parse_str(raw, most, slack=_SLACK)
    if given.isascii():
        return given.strip()
    _refuse_many_marks(given)
    composed = unicodedata.normalize("NFC", given).strip()
    _refuse_many_marks(composed)  # there may be more of them in a row than were given
    return composed


def _refuse_many_marks(value: str) -> None:
    run = 0
    for c in value:
        run = run + 1 if unicodedata.combining(c) or c in _MARKS_BY_DECOMPOSITION else 0
        if run > _MAX_COMBINING_MARKS:
            raise InvalidValue("characters", f"Contains more than {_MAX_COMBINING_MARKS} combining marks in a row.")


def _visible(value: str, most: int, *, besides: str) -> str:
    if len(value) > most:
        raise InvalidValue("too_long", f"Must be at most {most} characters.")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in besides for c in value):
        raise InvalidValue("characters", "Contains a control or invisible character.")
    if all(c.isspace() or c in _JOINERS + _FILLERS for c in value):
        raise InvalidValue("blank", "Must not be blank.")
    return value


def parse_email(raw: object) -> str:
    given, value = _composed(parse_str(raw, MAX_EMAIL_LENGTH, slack=_SLACK).lower(), MAX_EMAIL_LENGTH), ""
    if len(given) <= MAX_EMAIL_LENGTH:
        with suppress(EmailNotValidError):
            value = validate_email(given, check_deliverability=False).normalized
    if not value or value != value.lower():  # a domain in Cherokee has its standard form in upper case
        raise InvalidValue("invalid", "Must be a valid email address, such as name@example.org.")
    return value


def network_prefix(address: str) -> str:
    """Of an IPv6 address its /56, which a provider gives to one customer; anything else as it is."""
    try:
        return str(IPv6Network((address, 56), strict=False)) if ":" in address else address
    except ValueError:
        return address


def parse_enum(raw: object, choices: type[E]) -> E:
    value = parse_str(raw)
    try:
        return choices(value)
    except ValueError:
        raise InvalidValue("choice", f"Must be one of: {', '.join(choices)}.") from None


def parse_bool(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise InvalidValue("type", "Must be true or false.")
    return raw


def parse_datetime(raw: object) -> datetime:
    """From an aware datetime or RFC 3339 text, of which it keeps microseconds. A leap second is the second after it."""
    if isinstance(raw, str):
        try:
            return _rfc3339(raw)
        except ValueError:
            raise InvalidValue(
                "invalid", "Must be a date and time in RFC 3339, such as 2026-01-31T09:30:00Z."
            ) from None
        except OverflowError:
            raise _out_of_range() from None
    if not isinstance(raw, datetime) or raw.tzinfo is None:
        raise InvalidValue("invalid", "Must be a date and time with an offset from UTC.")
    try:
        return raw.astimezone(UTC)
    except OverflowError:
        raise _out_of_range() from None


def _rfc3339(raw: str) -> datetime:
    """Raises `ValueError`, `OverflowError`."""
    parts = _RFC3339.fullmatch(raw)
    if parts is None:
        raise ValueError
    second = "59" if parts["second"] == "60" else parts["second"]
    at = datetime.fromisoformat(f"{parts['minute']}:{second}{parts['rest']}".upper()).astimezone(UTC)
    if second == parts["second"]:
        return at
    after = at.replace(microsecond=0) + timedelta(seconds=1)
    if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):  # they come at the ends of months, in UTC
        raise ValueError
    return after


def _out_of_range() -> InvalidValue:
    return InvalidValue("range", "Must be a date and time between the years 1 and 9999.")


def parse_page_limit(raw: object) -> int:
    if type(raw) is not int or not 1 <= raw <= MAX_PER_PAGE:
        raise InvalidValue("range", f"Must be a whole number from 1 to {MAX_PER_PAGE}.")
    return raw
