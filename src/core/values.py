"""Parsers of values. Each takes what anybody may have sent, and returns the value in its one normal form or raises
`Refused` (`Invalid`, where it has parts with faults of their own). Parsing a parsed value gives it again. Nothing is
coerced: 5 is no name.
"""

import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from core.errors import Refused

DEFAULT_PER_PAGE = 50
MOST_PER_PAGE = 200
_JOINERS = "\u200c\u200d"
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by category, with nothing to see

E = TypeVar("E", bound=StrEnum)


def text(raw: object) -> str:
    if not isinstance(raw, str):
        raise Refused("type", "Give a text.")
    if any("\ud800" <= c <= "\udfff" for c in raw):
        raise Refused("characters", "Leave out what is no character: half of a surrogate pair.")
    return raw


def one_line(raw: object, most: int) -> str:
    """Trimmed, in NFC, from 1 to `most` characters, all of them visible or joiners."""
    return _visible(unicodedata.normalize("NFC", text(raw)).strip(), most, besides=_JOINERS)


def paragraphs(raw: object, most: int) -> str:
    """As one line, but with line feeds and tabs; every other way to end a line becomes a line feed."""
    lines = unicodedata.normalize("NFC", text(raw)).replace("\r\n", "\n").replace("\r", "\n")
    return _visible(lines.strip(), most, besides=_JOINERS + "\n\t")


def _visible(value: str, most: int, *, besides: str) -> str:
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in besides for c in value):
        raise Refused("characters", "Leave out control and invisible characters.")
    if all(c.isspace() or c in _JOINERS + _FILLERS for c in value):
        raise Refused("blank", "This must not be blank.")
    if len(value) > most:
        raise Refused("too_long", f"Give at most {most} characters.")
    return value


def email(raw: object) -> str:
    given = text(raw).strip().lower()
    try:
        value = validate_email(given, check_deliverability=False).normalized
    except EmailNotValidError:
        value = ""
    if not value or value != value.lower():  # a domain in Cherokee has its standard form in upper case
        raise Refused("invalid", "Give a valid email address, such as name@example.org.")
    return value


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
    """From an aware datetime or RFC 3339 text."""
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            raise Refused("invalid", "Give a date and time as RFC 3339, such as 2026-01-31T09:30:00Z.") from None
    if not isinstance(raw, datetime) or raw.tzinfo is None:
        raise Refused("invalid", "Give a date and time with its offset from UTC.")
    try:
        return raw.astimezone(UTC)
    except OverflowError:
        raise Refused("range", "Give a date and time between the years 1 and 9999.") from None


def page_limit(raw: object) -> int:
    if type(raw) is not int or not 1 <= raw <= MOST_PER_PAGE:
        raise Refused("range", f"Give a whole number from 1 to {MOST_PER_PAGE}.")
    return raw
