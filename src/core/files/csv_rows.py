"""What CSV records give."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from core.errors import ErrorCollector, FieldError, InvalidValue
from core.files.cells import count_alone, read_cells
from core.files.layout import Layout
from core.files.lines import Lines
from core.files.spellings import LONG_NUMBERS, Spellings, read_cell, refuse_shortened

Values = Mapping[str, object]
Reading = tuple[bytes, Values | None, tuple[FieldError, ...]]
"""The record with its line end, and what it gives: values, and the errors of others. None: it is blank, and no row."""

_LEFT_OPEN = FieldError("row", "quote", "A quoted cell is not closed: it goes on into the rows after it.")


def read_cells_of(layout: Layout, spellings: Spellings, first: bytes, lines: Lines) -> Reading:
    """The record that begins with the line `first`. Where a quote is out of place it is that line alone."""
    try:
        text = first.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return _read_with_care(layout, spellings, first, lines)
    if '"' in text or "\r" in text or "\0" in text:
        return _read_with_care(layout, spellings, first, lines)
    return first, *_values(layout.columns, text.split(layout.delimiter), spellings)


def _read_with_care(layout: Layout, spellings: Spellings, first: bytes, lines: Lines) -> Reading:
    try:
        taken, cells = read_cells(first, lines, layout.delimiter)
    except InvalidValue as refused:
        return first, {}, (FieldError("row", refused.code, refused.message),)
    if len(taken) > 1 and _swallows_rows(layout, taken, cells):
        lines.put_back(taken[1:])
        return first, {}, (_LEFT_OPEN,)
    record = b"".join(taken)
    errors = () if _is_clean(record) else tuple(_unclean(layout.columns, cells))
    return (record, {}, errors) if errors else (record, *_values(layout.columns, cells, spellings))


def _swallows_rows(layout: Layout, taken: Sequence[bytes], cells: Sequence[str]) -> bool:
    """A quote left open may be closed by that of a later row. Then the first line and one after it are rows by
    themselves, and either the number of cells is wrong or one has lines that may have none."""
    names = layout.columns
    if layout.format.is_spreadsheet or taken[0].count(layout.delimiter.encode()) + 1 != len(names):
        return False
    fits = len(cells) == len(names) and not any(
        "\n" in cell.strip() for name, cell in zip(names, cells, strict=True) if name != "identifiers"
    )
    return not fits and any(count_alone(line, layout.delimiter) == len(names) for line in taken[1:])


def _is_clean(record: bytes) -> bool:
    try:
        return "\0" not in record.decode()
    except UnicodeDecodeError:
        return False


def _unclean(names: Sequence[str | None], cells: Sequence[str]) -> list[FieldError]:
    errors = ErrorCollector()
    fields: Sequence[str | None] = names if len(names) == len(cells) else [None] * len(cells)
    for name, cell in zip(fields, cells, strict=True):
        if any("\ud800" <= c <= "\udfff" for c in cell):
            errors.add(name or "row", "encoding", "Save the file as UTF-8, or say what its encoding is.")
        elif "\0" in cell:
            errors.add(name or "row", "characters", "Contains a control or invisible character.")
    return list(dict.fromkeys(errors.errors))


def _values(
    names: Sequence[str | None], cells: Sequence[str], spellings: Spellings
) -> tuple[Values | None, tuple[FieldError, ...]]:
    """Cells that are missing at the end are empty, and more of them than the header has must be."""
    texts = [read_cell(cell) for cell in cells]
    if not any(texts):
        return None, ()
    values: dict[str, object] = {}
    errors = ErrorCollector()
    for at, (name, cell) in enumerate(zip_longest(names, texts, fillvalue=None)):
        if not cell or name == "":
            continue
        if name is None:
            return {}, (
                FieldError("row", "cells", f"A value stands in no named column. The row has {len(cells)} cells."),
            )
        spell = _identifiers if name == "identifiers" else spellings.get(name)
        with errors.field(name):
            if name in LONG_NUMBERS:
                refuse_shortened(cells[at])
            values[name] = spell(cell) if spell else cell
    return values, tuple(errors.errors)


def _identifiers(cell: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in filter(str.strip, cell.split("\n")):
        system, bar, value = line.partition("|")
        if not bar:
            raise InvalidValue("bar", "Write each identifier as system|value, one a line.")
        found.append({"system": system, "value": value})
    return found
