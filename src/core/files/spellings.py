"""Values as files spell them, in the form that parsers take. The parsers judge them."""

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
"""Fields whose cells a spreadsheet takes for numbers, and shortens."""

Spellings = Mapping[str, Callable[[str], str]]
"""Of the fields whose values files spell differently. Each raises `InvalidValue`."""


def spellings(date_format: str) -> Spellings:
    return {
        "sex": lambda cell: _SEXES.get(cell.casefold(), cell.casefold()),
        "status": str.casefold,
        "date_of_birth": partial(read_date, date_format=date_format),
    }


def refuse_shortened(cell: str) -> None:
    """`cell` is as the file has it: what is escaped there is text. Raises `InvalidValue` for what a spreadsheet makes
    of a long number: its last digits are lost."""
    if _SHORTENED.fullmatch(cell.strip()):
        raise InvalidValue("shortened", "A spreadsheet has shortened this number. Format its column as text.")


def read_cell(cell: str) -> str:
    """Trimmed, and as it was before somebody kept a spreadsheet from calculating it: by `="…"`, or by an apostrophe in
    front of what begins a formula or is a shortened number."""
    cell = cell.strip()
    if cell[:1] == "=" and (formula := _TEXT_FORMULA.fullmatch(cell)):
        return formula[1].replace('""', '"').strip()
    return cell[1:] if cell[:1] == "'" and _ESCAPED.match(cell) else cell


def write_cell(value: str, *, for_spreadsheet: bool) -> str:
    """What `read_cell` reads as `value`, and no spreadsheet as a formula where it is for one."""
    is_formula = for_spreadsheet and _FORMULA.match(value)
    is_mistaken = _ESCAPED.match(value) or _TEXT_FORMULA.fullmatch(value) or _SHORTENED.fullmatch(value)
    return f"'{value}" if is_formula or is_mistaken else value
