"""Parsing dates in files. Ambiguous dates are never guessed."""

import re
from datetime import date
from functools import cache

from core.errors import InvalidValue
from core.values import parse_str

_PART = "(DD?|MM?|YYYY)"
_FORMAT = re.compile(rf"{_PART}([-/. ]?){_PART}\2{_PART}")
_MIDNIGHT = r"(?:[ T]0?0:00(?::00(?:\.0{1,9})?)?(?: ?(?:UTC|Z|\+00(?::?00)?))?)?"  # some databases add it to dates
_PARTIAL = re.compile("[0-9]{4}(-[0-9]{2})?")
_ISO = "YYYY-MM-DD"


def parse_date_format(raw: object) -> str:
    """Day, month and year in any order, with one separator or none, such as `DD/MM/YYYY`, `M/D/YYYY` or `YYYYMMDD`.

    Raises `InvalidValue`.
    """
    found = _FORMAT.fullmatch(parse_str(raw)[:20].upper())
    parts = {"", *found.groups()} - {"", found[2]} if found else set[str]()
    if not found or {part[0] for part in parts} != {"D", "M", "Y"} or (not found[2] and parts != {"DD", "MM", "YYYY"}):
        raise InvalidValue("invalid", "Must have D or DD, M or MM, and YYYY, such as DD/MM/YYYY.")
    return found[0]


def read_date(cell: str, date_format: str) -> str:
    """Returns YYYY-MM-DD, YYYY-MM or YYYY. Accepts those and `date_format`; a full date may be followed by midnight
    (UTC).

    Raises `InvalidValue`.
    """
    if _PARTIAL.fullmatch(cell):
        return cell
    for expected in (_ISO, date_format):
        if expected and (match := _pattern(expected).fullmatch(cell)):
            try:
                return date(int(match["Y"]), int(match["M"]), int(match["D"])).isoformat()
            except ValueError:
                break
    if date_format:
        raise InvalidValue("invalid", f"Must be a date as {date_format} or {_ISO}.")
    raise InvalidValue("invalid", f"Must be a date as {_ISO}. For another format, specify date_format.")


@cache
def _pattern(expected: str) -> "re.Pattern[str]":
    """Leading zeros are optional in a format with separators, except in ISO 8601."""
    exact = expected == _ISO or expected.isalpha()
    digits = {"Y": "[0-9]{4}", "M": "[0-9]{2}" if exact else "[0-9]{1,2}", "D": "[0-9]{2}" if exact else "[0-9]{1,2}"}
    parts = re.sub("D+|M+|Y+", lambda part: f"(?P<{part[0][0]}>{digits[part[0][0]]})", re.escape(expected))
    return re.compile(parts + _MIDNIGHT)
