"""Normalizing how files write values. The core's parsers validate the result."""

import re
from collections.abc import Callable, Mapping
from functools import partial

from core.errors import InvalidValue
from core.files.dates import read_date

_SEXES = {"m": "male", "f": "female", "o": "other", "u": "unknown"}
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2,}|[0-9]\.[0-9]+E[0-9]+", re.IGNORECASE)
_TEXT_FORMULA = re.compile('="((?:[^"]|"")*)"')
_FORMULA = re.compile(r"[=+\-@\t\r]")
_ESCAPED = re.compile(rf"'+(?:{_FORMULA.pattern}|(?:{_SHORTENED.pattern})\Z)", re.IGNORECASE)
LONG_NUMBERS = {"phone", "external_id"}
"""Fields whose cells a spreadsheet mistakes for numbers and shortens."""

Normalizers = Mapping[str, Callable[[str], str]]
"""By field. Each raises `InvalidValue`."""


def normalizers(date_format: str) -> Normalizers:
    return {
        "sex": lambda cell: _SEXES.get(cell.casefold(), cell.casefold()),
        "status": str.casefold,
        "date_of_birth": partial(read_date, date_format=date_format),
    }


def ensure_not_shortened(cell: str) -> None:
    """Takes the raw cell. Raises `InvalidValue` for a long number that a spreadsheet has written with an exponent: its
    last digits are lost."""
    if _SHORTENED.fullmatch(cell.strip()):
        raise InvalidValue("shortened", "A spreadsheet has shortened this number. Format its column as text.")


def read_cell(cell: str) -> str:
    """Trims the cell and removes what protects it from a spreadsheet: `="…"`, or an apostrophe before a formula or a
    shortened number."""
    cell = cell.strip()
    if cell[:1] == "=" and (formula := _TEXT_FORMULA.fullmatch(cell)):
        return formula[1].replace('""', '"').strip()
    return cell[1:] if cell[:1] == "'" and _ESCAPED.match(cell) else cell


def write_cell(value: str, *, for_spreadsheet: bool) -> str:
    """Escapes `value` so that `read_cell` returns it. For a spreadsheet, formulas are escaped too."""
    is_formula = for_spreadsheet and _FORMULA.match(value)
    is_ambiguous = _ESCAPED.match(value) or _TEXT_FORMULA.fullmatch(value) or _SHORTENED.fullmatch(value)
    return f"'{value}" if is_formula or is_ambiguous else value
