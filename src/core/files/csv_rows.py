"""Parsing CSV records into values."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from core.errors import ErrorCollector, FieldError, InvalidValue
from core.files.cells import count_cells, read_cells
from core.files.layout import Layout
from core.files.lines import Lines
from core.files.normalizers import CELL_READERS, LONG_NUMBERS, Normalizers, ensure_not_shortened, read_cell
from core.patients.fields import LISTS

Values = Mapping[str, object]
ParsedRecord = tuple[bytes, Values | None, tuple[FieldError, ...]]
"""The record with its line end, the values that could be read, and the errors of the others. The values of a blank
record are None: it is no row."""

_UNCLOSED_QUOTE = FieldError("row", "quote", "A quoted cell is not closed: it continues into the following rows.")


def parse_csv_record(layout: Layout, normalizers: Normalizers, first: bytes, lines: Lines) -> ParsedRecord:
    """Parses the record that begins with the line `first`. A misplaced quote makes the record end with that line."""
    try:
        text = first.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return _parse_special(layout, normalizers, first, lines)
    if '"' in text or "\r" in text or "\0" in text:
        return _parse_special(layout, normalizers, first, lines)
    return first, *_values(layout.columns, text.split(layout.delimiter), normalizers)


def _parse_special(layout: Layout, normalizers: Normalizers, first: bytes, lines: Lines) -> ParsedRecord:
    try:
        record_lines, cells = read_cells(first, lines, layout.delimiter)
    except InvalidValue as error:
        return first, {}, (FieldError("row", error.code, error.message),)
    if len(record_lines) > 1 and _spans_rows(layout, record_lines, cells):
        lines.put_back(record_lines[1:])
        return first, {}, (_UNCLOSED_QUOTE,)
    record = b"".join(record_lines)
    errors = () if _is_valid_text(record) else tuple(_text_errors(layout.columns, cells))
    return (record, {}, errors) if errors else (record, *_values(layout.columns, cells, normalizers))


def _spans_rows(layout: Layout, lines: Sequence[bytes], cells: Sequence[str]) -> bool:
    """Whether an unclosed quote joined several rows: a quote in a later row may close it. Then the first line and a
    later one are rows by themselves, and the joined record has too many cells or a line feed in a single-line cell."""
    names = layout.columns
    if layout.format.is_spreadsheet or lines[0].count(layout.delimiter.encode()) + 1 != len(names):
        return False
    fits = len(cells) == len(names) and not any(
        "\n" in cell.strip() for name, cell in zip(names, cells, strict=True) if name not in LISTS
    )
    return not fits and any(count_cells(line, layout.delimiter) == len(names) for line in lines[1:])


def _is_valid_text(record: bytes) -> bool:
    try:
        return "\0" not in record.decode()
    except UnicodeDecodeError:
        return False


def _text_errors(names: Sequence[str | None], cells: Sequence[str]) -> list[FieldError]:
    errors = ErrorCollector()
    fields: Sequence[str | None] = names if len(names) == len(cells) else [None] * len(cells)
    for name, cell in zip(fields, cells, strict=True):
        if any("\ud800" <= c <= "\udfff" for c in cell):
            errors.add(name or "row", "encoding", "Must be UTF-8, or its encoding must be specified.")
        elif "\0" in cell:
            errors.add(name or "row", "characters", "Contains a control or invisible character.")
    return list(dict.fromkeys(errors.errors))


def _values(
    names: Sequence[str | None], cells: Sequence[str], normalizers: Normalizers
) -> tuple[Values | None, tuple[FieldError, ...]]:
    """Missing cells at the end are empty; cells beyond the header must be empty."""
    texts = [read_cell(cell) for cell in cells]
    if not any(texts):
        return None, ()
    values: dict[str, object] = {}
    errors = ErrorCollector()
    for index, (name, cell) in enumerate(zip_longest(names, texts, fillvalue=None)):
        if not cell or name == "":
            continue
        if name is None:
            return {}, (
                FieldError("row", "cells", f"A value is outside the named columns. The row has {len(cells)} cells."),
            )
        normalize = normalizers.get(name) or CELL_READERS.get(name)
        with errors.field(name):
            if name in LONG_NUMBERS:
                ensure_not_shortened(cells[index])
            values[name] = normalize(cell) if normalize else cell
    return values, tuple(errors.errors)
