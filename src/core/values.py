"""Parsers. Each takes an untrusted value and returns its normal form, or raises `InvalidValue` (`ValidationError` for
a value that has parts). Parsers are idempotent: a parsed value parses to itself. No type is converted: 5 is no name.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Network
from typing import TypeVar, cast

from email_validator import EmailNotValidError, validate_email

from core.errors import ErrorCollector, InvalidValue

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 200
MAX_REASON_LENGTH = 500
MAX_TEXT_LENGTH = 4096  # characters, unless the parser sets a lower limit
MAX_EMAIL_LENGTH = 254  # RFC 5321
# Before it is trimmed and normalized, a text may be this many times longer than its limit.
_RAW_LENGTH_FACTOR = 4
# In a row, as in the Stream-Safe Text Format of Unicode: normalizing more of them takes quadratic time.
_MAX_COMBINING_MARKS = 30
_MARKS_BY_DECOMPOSITION = "\u0f73\u0f75\u0f81"
_JOINERS = "\u180e\u200c\u200d"  # the first one separates vowels in Mongolian
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by category, but blank

_RFC3339 = re.compile(
    r"(?P<minute>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
    r"(?P<rest>(?:\.[0-9]{1,12})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))"
)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def parse_str(raw: object, max_length: int = MAX_TEXT_LENGTH) -> str:
    return _parse_raw_str(raw, max_length, factor=1)


def _parse_raw_str(raw: object, max_length: int, *, factor: int = _RAW_LENGTH_FACTOR) -> str:
    """Checks the length first, so that no long text is processed."""
    if not isinstance(raw, str):
        raise InvalidValue("type", "Must be a string.")
    if len(raw) > max_length * factor:
        raise InvalidValue("too_long", f"Must be at most {max_length} characters.")
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise InvalidValue("characters", "Contains an invalid character: half of a surrogate pair.") from None
    return raw


def parse_single_line(raw: object, max_length: int) -> str:
    """Trimmed, in NFC, 1 to `max_length` characters, without control and invisible characters except joiners."""
    return _check_visible(_normalize(raw, max_length), max_length, allowed=_JOINERS)


def parse_reason(raw: object) -> str:
    """A single line; empty for None."""
    return "" if raw is None else parse_single_line(raw, MAX_REASON_LENGTH)


def parse_multi_line(raw: object, max_length: int) -> str:
    """As `parse_single_line`, but allows line feeds and tabs. Other line endings become line feeds."""
    lines = _normalize(raw, max_length).replace("\r\n", "\n").replace("\r", "\n")
    return _check_visible(lines, max_length, allowed=_JOINERS + "\n\t")


def _normalize(raw: object, max_length: int) -> str:
    """Trimmed and in NFC, in linear time."""
    text = _parse_raw_str(raw, max_length)
    if text.isascii():
        return text.strip()
    _ensure_few_combining_marks(text)
    normalized = unicodedata.normalize("NFC", text).strip()
    _ensure_few_combining_marks(normalized)  # normalization can make a row of marks longer
    return normalized


def _ensure_few_combining_marks(value: str) -> None:
    run = 0
    for c in value:
        run = run + 1 if unicodedata.combining(c) or c in _MARKS_BY_DECOMPOSITION else 0
        if run > _MAX_COMBINING_MARKS:
            raise InvalidValue("characters", f"Contains more than {_MAX_COMBINING_MARKS} combining marks in a row.")


def _check_visible(value: str, max_length: int, *, allowed: str) -> str:
    if len(value) > max_length:
        raise InvalidValue("too_long", f"Must be at most {max_length} characters.")
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in allowed for c in value):
        raise InvalidValue("characters", "Contains a control or invisible character.")
    if all(c.isspace() or c in _JOINERS + _FILLERS for c in value):
        raise InvalidValue("blank", "Must not be blank.")
    return value


def parse_email(raw: object) -> str:
    address, value = _normalize(_parse_raw_str(raw, MAX_EMAIL_LENGTH).lower(), MAX_EMAIL_LENGTH), ""
    if len(address) <= MAX_EMAIL_LENGTH:
        with suppress(EmailNotValidError):
            value = validate_email(address, check_deliverability=False).normalized
    if not value or value != value.lower():  # the normal form of a Cherokee domain is in upper case
        raise InvalidValue("invalid", "Must be a valid email address, such as name@example.org.")
    return value


def network_prefix(address: str) -> str:
    """The /56 prefix of an IPv6 address, which a provider assigns to one customer; any other text unchanged."""
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
    """In UTC, from an aware datetime or RFC 3339, truncated to microseconds. A leap second becomes the next second."""
    if isinstance(raw, str):
        try:
            return _parse_rfc3339(raw)
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


def _parse_rfc3339(raw: str) -> datetime:
    """Raises `ValueError`, `OverflowError`."""
    parts = _RFC3339.fullmatch(raw)
    if parts is None:
        raise ValueError
    second = "59" if parts["second"] == "60" else parts["second"]
    at = datetime.fromisoformat(f"{parts['minute']}:{second}{parts['rest']}".upper()).astimezone(UTC)
    if second == parts["second"]:
        return at
    after = at.replace(microsecond=0) + timedelta(seconds=1)
    if (after.day, after.hour, after.minute, after.second) != (1, 0, 0, 0):  # only at the end of a month, in UTC
        raise ValueError
    return after


def _out_of_range() -> InvalidValue:
    return InvalidValue("range", "Must be a date and time between the years 1 and 9999.")


def parse_page_limit(raw: object) -> int:
    if type(raw) is not int or not 1 <= raw <= MAX_PER_PAGE:
        raise InvalidValue("range", f"Must be a whole number from 1 to {MAX_PER_PAGE}.")
    return raw


def parse_optional(parse: Callable[[object], T]) -> Callable[[object], T | None]:
    return lambda raw: None if raw is None else parse(raw)


def parse_list(raw: object, parse_item: Callable[[object], T], max_items: int) -> tuple[T, ...]:
    """Raises `ValidationError` with the errors of the items, by position."""
    if not isinstance(raw, list | tuple):
        raise InvalidValue("type", "Must be a list.")
    items = cast("list[object] | tuple[object, ...]", raw)
    if len(items) > max_items:
        raise InvalidValue("too_long", f"Must have at most {max_items} items.")
    errors = ErrorCollector()
    parsed: list[T] = []
    for position, item in enumerate(items):
        with errors.field(str(position)):
            parsed.append(parse_item(item))
    errors.raise_if_any()
    return tuple(parsed)


def parse_object(raw: object, create: type[T], /, **members: Callable[[object], object]) -> T:
    """Calls `create` with the parsed members of a mapping or of another object of this class. The parser of a missing
    member gets None.

    Raises `ValidationError` with the errors of the members.
    """
    if isinstance(raw, create):
        raw = {name: getattr(raw, name) for name in members}
    if not isinstance(raw, Mapping):
        raise InvalidValue("type", "Must be an object.")
    values = cast("Mapping[object, object]", raw)
    if unknown := [name for name in values if name not in members]:
        raise InvalidValue("members", f"Has {len(unknown)} unknown members. Known are: {', '.join(members)}.")
    errors = ErrorCollector()
    parsed: dict[str, object] = {}
    for name, parse in members.items():
        with errors.field(name):
            try:
                parsed[name] = parse(values.get(name))
            except InvalidValue:
                if name in values:
                    raise
                raise InvalidValue("required", "This field is required.") from None
    errors.raise_if_any()
    return create(**parsed)
