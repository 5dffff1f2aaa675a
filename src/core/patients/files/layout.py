"""How a file of patients is laid out, told from its beginning."""

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from core.errors import Fault, FaultList, Invalid, Refused
from core.patients.entities import REQUIRED
from core.patients.files.cells import read_cells
from core.patients.files.lines import MOST_BYTES, Lines, without_line_end
from core.patients.files.names import field_of

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t", "|")


class FileFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


@frozen
class Layout:
    """`columns` are the fields that a CSV file's columns hold, "" for a column that is passed over. `header` is its
    header record as it stood, without the line end. The first row is at the byte `start`, on the line `first_line`
    (from 1). NDJSON has neither delimiter nor columns nor header.
    """

    format: FileFormat
    delimiter: str
    columns: tuple[str, ...]
    header: bytes
    start: int
    first_line: int


def read_layout(format: FileFormat, head: bytes) -> Layout:
    """`head` is the file's first 64 KiB, or all of it.

    A CSV file has a header with a column for each required field, in any order, under any name that `names` knows, and
    no column twice or unknown. What delimits its cells is told from the header. Raises `Invalid` with a fault of
    `file`, or one for each column that is wrong, named as it stands.
    """
    start = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    if not head[start:].strip():
        raise _refused("empty", "The file is empty.")
    if format is FileFormat.NDJSON:
        return Layout(format, "", (), b"", start, 1)
    blank = _blank_lines(head[start:])
    return _csv_layout(head, start + sum(map(len, blank)), 1 + len(blank))


def _blank_lines(content: bytes) -> list[bytes]:
    blank: list[bytes] = []
    for line in Lines([content]):
        if line.strip():
            break
        blank.append(line)
    return blank


def _csv_layout(head: bytes, start: int, line: int) -> Layout:
    found = [_header(head[start:], delimiter) for delimiter in _DELIMITERS]
    delimiter, record, cells = max(found, key=lambda one: sum(field_of(cell) is not None for cell in one[2]))
    if not _is_utf8(record or next(Lines([head[start:]]))):
        raise _refused("encoding", "Save the file as UTF-8.")
    if not any(field_of(cell) for cell in cells):
        raise _refused("header", "Begin the file with the names of its columns, such as first_name and email.")
    if not record.endswith(b"\n") and len(head) >= MOST_BYTES:
        raise _refused("too_long", "The header takes more than 64 KiB.")
    columns = _columns(cells)
    start, line = start + len(record), line + record.count(b"\n")
    return Layout(FileFormat.CSV, delimiter, columns, without_line_end(record), start, line)


def _header(content: bytes, delimiter: str) -> tuple[str, bytes, list[str]]:
    lines = Lines([content])
    try:
        taken, cells = read_cells(next(lines), lines, delimiter)
    except Refused:
        return delimiter, b"", []
    return delimiter, b"".join(taken), cells


def _columns(cells: Sequence[str]) -> tuple[str, ...]:
    faults = FaultList()
    columns: list[str] = []
    held: set[str] = set()
    for cell in cells:
        name = field_of(cell)
        if name is None:
            faults.add(cell or "file", "unknown", _unknown(cell))
        elif name and name in held:
            faults.add(cell, "repeated", f"Another column holds the {name} already.")
        columns.append(name or "")
        held.add(name or "")
    for name in REQUIRED:
        if name not in columns:
            faults.add(name, "required", "This column is required.")
    faults.raise_if_any()
    return tuple(columns)


def _unknown(column: str) -> str:
    return "There is no such column." if column else "Give every column a name."


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refused(code: str, message: str) -> Invalid:
    return Invalid([Fault("file", code, message)])
