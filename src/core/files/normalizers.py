"""Normalizing how files write values. The core's parsers validate the result."""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from core.errors import InvalidValue
from core.files.dates import read_date
from core.files.json_objects import read_list
from core.patients.fields import LISTS

_SEXES = {"m": "male", "f": "female", "o": "other", "u": "unknown"}
_BOOLEANS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2,}|[0-9]\.[0-9]+E[0-9]+", re.IGNORECASE)
_TEXT_FORMULA = re.compile('="((?:[^"]|"")*)"')
_FORMULA = re.compile(r"[=+\-@\t\r]")
_ESCAPED = re.compile(rf"'+(?:{_FORMULA.pattern}|(?:{_SHORTENED.pattern})\Z)", re.IGNORECASE)
LONG_NUMBERS = {"phone", "external_id"}
"""Fields whose cells a spreadsheet mistakes for numbers and shortens."""

Normalizers = Mapping[str, Callable[[str], object]]
"""By field. Each raises `InvalidValue`."""


def normalizers(date_format: str) -> Normalizers:
    return {
        "sex": lambda cell: _SEXES.get(cell.casefold(), cell.casefold()),
        "status": str.casefold,
        "date_of_birth": partial(read_date, date_format=date_format),
        "deceased": partial(_read_deceased, date_format=date_format),
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


def write_value(name: str, value: object) -> str:
    """The text of a CSV cell. None, false and an empty list are an empty cell."""
    if not value:
        return ""
    if name == "identifiers":
        identifiers = cast("list[Mapping[str, str]]", value)
        return "\n".join(f"{identifier['system']}|{identifier['value']}" for identifier in identifiers)
    if name in LISTS:
        return json.dumps(value, ensure_ascii=False)
    return "true" if value is True else str(value)


def _read_bool(cell: str) -> object:
    return _BOOLEANS.get(cell.casefold(), cell)


def _read_deceased(cell: str, date_format: str) -> object:
    value = _read_bool(cell)
    return value if isinstance(value, bool) else read_date(cell, date_format=date_format)


def _read_identifiers(cell: str) -> list[dict[str, str]]:
    identifiers: list[dict[str, str]] = []
    for line in filter(str.strip, cell.split("\n")):
        system, bar, value = line.partition("|")
        if not bar:
            raise InvalidValue("bar", "Each identifier must be system|value, one per line.")
        identifiers.append({"system": system, "value": value})
    return identifiers


CELL_READERS: Normalizers = {
    "email_shared": _read_bool,
    "date_of_birth_estimated": _read_bool,
    "identifiers": _read_identifiers,
    "other_names": read_list,
    "other_phones": read_list,
    "addresses": read_list,
    "contacts": read_list,
}
"""For the cells of a CSV file. NDJSON has these values as JSON."""
