"""The values of a rejected row as texts that a person can correct."""

import csv
import io
from collections.abc import Mapping
from contextlib import suppress

from attrs import frozen

from core.errors import InvalidValue
from core.files.cells import read_cells
from core.files.formats import FileFormat
from core.files.json_objects import read_list, read_object, write_json
from core.files.layout import Layout
from core.files.lines import Lines, without_line_end
from core.files.normalizers import CELL_READERS, read_cell, write_cell
from core.files.rejects import Reject
from core.patients.fields import LISTS, SETTABLE

WHOLE_ROW = "row"
_UNSHOWN = dict.fromkeys([0, *range(0xDC80, 0xDD00)], "\ufffd")  # NUL, and bytes that are not UTF-8
_Values = dict[int | str, tuple[str, object]]
"""By the number of the column or the name of the JSON member: the name that is shown, and the value."""


@frozen
class RowCell:
    """`name` is a field, a JSON member that is no field, or "" for a column without a name. In a row that cannot be
    split as its file says, the only cell is `WHOLE_ROW`. U+FFFD stands for what cannot be shown."""

    name: str
    text: str


def read_row_cells(layout: Layout, reject: Reject) -> tuple[RowCell, ...]:
    """Without the columns that the import ignores. A JSON value that is no string is written as JSON; fields that an
    object lacks and its errors name are empty."""
    values = _values(layout, reject)
    if values is None:
        return (RowCell(WHOLE_ROW, _shown(reject.raw.decode(errors="surrogateescape"))),)
    return tuple(RowCell(name, _text(value)) for name, value in values.values())


def write_row_cells(layout: Layout, reject: Reject, texts: Mapping[int, str]) -> bytes:
    """The row with other texts in cells, by their numbers. The rest of it stays as it is. An empty text removes the
    member of an object."""
    cells = read_row_cells(layout, reject)
    changed = {n: _shown(texts[n]) for n, cell in enumerate(cells) if n in texts and _shown(texts[n]) != cell.text}
    values = _values(layout, reject)
    if not changed:
        return reject.raw
    if values is None:
        return changed[0].encode(errors="replace")
    keys = list(values)
    new = {keys[number]: text for number, text in changed.items()}
    if layout.format is FileFormat.NDJSON:
        return _write_object(reject.raw, {str(key): _json_value(values[key][0], text) for key, text in new.items()})
    return _write_csv(layout, reject.raw, {int(key): text for key, text in new.items()})


def _values(layout: Layout, reject: Reject) -> _Values | None:
    """None if the row cannot be split."""
    with suppress(InvalidValue):
        if layout.format is FileFormat.NDJSON:
            return _values_of_object(layout, reject)
        cells = _split(layout, reject.raw)
        if not any(cell.strip() for cell in cells[len(layout.columns) :]):
            named = enumerate(zip(layout.columns, cells, strict=False))
            return {n: (name or "", read_cell(cell)) for n, (name, cell) in named if name or (name is None and cell)}
    return None


def _split(layout: Layout, raw: bytes) -> list[str]:
    """At least one cell for each column. Raises `InvalidValue`."""
    lines = Lines([raw])
    _, cells = read_cells(next(lines, b""), lines, layout.delimiter)
    return cells + [""] * (len(layout.columns) - len(cells))


def _values_of_object(layout: Layout, reject: Reject) -> _Values:
    resolve = layout.options.resolver()
    values: _Values = {}
    for member, value in read_object(reject.raw).items():
        name = "" if member == "errors" else resolve(member)
        if name != "":
            values[member] = (name or member, value)
    named = {error.field.partition(".")[0] for error in reject.errors} - {name for name, _ in values.values()}
    return values | {name: (name, None) for name in SETTABLE if name in named}


def _write_csv(layout: Layout, raw: bytes, texts: Mapping[int, str]) -> bytes:
    cells = _split(layout, raw)
    for number, text in texts.items():
        cells[number] = write_cell(text, for_spreadsheet=False)
    out = io.StringIO()
    csv.writer(out, delimiter=layout.delimiter).writerow(cells)
    return without_line_end(out.getvalue().encode(errors="surrogateescape"))


def _write_object(raw: bytes, new: Mapping[str, object]) -> bytes:
    members = {**read_object(raw), **new}
    return write_json({member: value for member, value in members.items() if new.get(member) != ""})


def _json_value(name: str, text: str) -> object:
    """A text that cannot be read as the field stays one: importing it says what is wrong."""
    with suppress(InvalidValue):
        return read_list(text) if name in LISTS else CELL_READERS.get(name, str)(text)
    return text


def _text(value: object) -> str:
    if value is None:
        return ""
    return _shown(value if isinstance(value, str) else write_json(value).decode())


def _shown(text: str) -> str:
    """With the line ends that a browser sends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSHOWN)
