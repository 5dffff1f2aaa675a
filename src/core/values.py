"""Parsers of values. Each takes what anybody may have sent, and returns the value in its one normal form or raises
`Refused` (`Invalid`, where it has parts with faults of their own). Parsing a parsed value gives it again. Nothing is
coerced: 5 is no name.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Network
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from core.errors import Refused

DEFAULT_PER_PAGE = 50
MOST_PER_PAGE = 200
LONGEST_TEXT = 4096  # characters, of a text that its parser does not bound more tightly
LONGEST_EMAIL = 254  # RFC 5321
_SLACK = 4  # how many times as long a text may be before it is composed and trimmed
_MOST_MARKS = 30  # in a row, as in Unicode's Stream-Safe Text Format: ordering more of them takes quadratic time
_MARKS_BY_DECOMPOSITION = "\u0f73\u0f75\u0f81"
_JOINERS = "\u180e\u200c\u200d"  # the first parts vowels in Mongolian
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by category, with nothing to see

_RFC3339 = re.compile(
    r"(?P<minute>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
    r"(?P<rest>(?:\.[0-9]{1,12})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))"
)

E = TypeVar("E", bound=StrEnum)


def text(raw: object, most: int = LONGEST_TEXT, *, slack: int = 1) -> str:
    """At most `most` characters, or `slack` times as many where a parser shortens them. Its length is judged before
    anything else is done with it."""
    if not isinstance(raw, str):
        raise Refused("type", "Give a text.")
    if len(raw) > most * slack:
        raise Refused("too_long", f"Give at most {most} characters.")
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise Refused("characters", "Leave out what is no character: half of a surrogate pair.") from None
    return raw


def one_line(raw: object, most: int) -> str:
    """Trimmed, in NFC, from 1 to `most` characters, all of them visible or joiners."""
    return _visible(_composed(raw, most), most, besides=_JOINERS)


def paragraphs(raw: object, most: int) -> str:
    """As one line, but with line feeds and tabs; every other way to end a line becomes a line feed."""
    lines = _composed(raw, most).replace("\r\n", "\n").replace("\r", "\n")
    return _visible(lines, most, besides=_JOINERS + "\n\t")


def _composed(raw: object, most: int) -> str:
    """Trimmed and in NFC, in linear time."""
    given = text(raw, most, slack=_SLACK)
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
        if run > _MOST_MARKS:
            raise Refused("characters", f"Contains more than {_MOST_MARKS} combining marks in a row.")


def _visible(value: str, most: int, *, besides: str) -> str:
    if len(value) > most:
        raise Refused("too_long", f"Give at most {most} characters.")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in besides for c in value):
        raise Refused("characters", "Leave out control and invisible characters.")
    if all(c.isspace() or c in _JOINERS + _FILLERS for c in value):
        raise Refused("blank", "This must not be blank.")
    return value


def email(raw: object) -> str:
    given, value = _composed(text(raw, LONGEST_EMAIL, slack=_SLACK).lower(), LONGEST_EMAIL), ""
    if len(given) <= LONGEST_EMAIL:
        with suppress(EmailNotValidError):
            value = validate_email(given, check_deliverability=False).normalized
    if not value or value != value.lower():  # a domain in Cherokee has its standard form in upper case
        raise Refused("invalid", "Give a valid email address, such as name@example.org.")
    return value


def network(address: str) -> str:
    """Of an IPv6 address its /56, which a provider gives to one customer; anything else as it is."""
    try:
        return str(IPv6Network((address, 56), strict=False)) if ":" in address else address
    except ValueError:
        return address


def choice(raw: object, choices: type[E]) -> E:
    value = text(raw)
    try:
        return choices(value)
    except ValueError:
        raise Refused("choice", f"Give one of: {', '.join(choices)}.") from None


def yes_or_no(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise Refused("type", "Give true or false.")
    return raw


def instant(raw: object) -> datetime:
    """From an aware datetime or RFC 3339 text, of which it keeps microseconds. A leap second is the second after it."""
    if isinstance(raw, str):
        try:
            return _rfc3339(raw)
        except ValueError:
            raise Refused("invalid", "Give a date and time as RFC 3339, such as 2026-01-31T09:30:00Z.") from None
        except OverflowError:
            raise _out_of_range() from None
    if not isinstance(raw, datetime) or raw.tzinfo is None:
        raise Refused("invalid", "Give a date and time with its offset from UTC.")
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


def _out_of_range() -> Refused:
    return Refused("range", "Give a date and time between the years 1 and 9999.")


def page_limit(raw: object) -> int:
    if type(raw) is not int or not 1 <= raw <= MOST_PER_PAGE:
        raise Refused("range", f"Give a whole number from 1 to {MOST_PER_PAGE}.")
    return raw
