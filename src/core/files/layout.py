"""How a file of patients is laid out, told from its beginning."""

import re
from collections.abc import Sequence

from attrs import evolve, frozen

from core.errors import ErrorCollector, FieldError, InvalidValue, ValidationError
from core.files.cells import read_cells
from core.files.columns import folded
from core.files.formats import ARCHIVES, FileFormat
from core.files.lines import MAX_RECORD_BYTES, Lines, without_line_end
from core.files.options import DEFAULT_OPTIONS, FileOptions
from core.patients.entities import REQUIRED

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR = re.compile(rb'"?sep=([,;\t|])"?\r?\n?', re.IGNORECASE)  # as Excel reads and writes it
_BLANK = b" \r\n" + "".join(_DELIMITERS).encode()


@frozen
class Layout:
    """`columns` are the fields that a CSV file's columns hold, "" for a column that is ignored, None for one that has
    no name and may have no value. `header` is its header record as it stood, without the line end, and `titles` are the
    cells of that. The first row is at the byte `start`, on the line `first_line` (from 1). NDJSON has neither delimiter
    nor columns nor header.
    """

    format: FileFormat
    delimiter: str
    columns: tuple[str | None, ...]
    header: bytes
    start: int
    first_line: int
    titles: tuple[str, ...] = ()
    options: FileOptions = DEFAULT_OPTIONS

    def lines_of(self, record: bytes) -> int:
        """The line of a spreadsheet is a row, whose cells may have lines of their own."""
        return 1 if self.format.is_spreadsheet else record.count(b"\n")

    @property
    def named_columns(self) -> dict[str, str | None]:
        """The field of each column by its title, None for one that is ignored."""
        return {title: name or None for title, name in zip(self.titles, self.columns, strict=True) if title}


def read_layout(format: FileFormat, head: bytes, options: FileOptions = DEFAULT_OPTIONS) -> Layout:
    """`head` is the file's first 64 KiB, or all of it, in UTF-8.

    A CSV file has a header with a column for each required field, in any order, under any name that the options or
    `names` know, and no column twice or unknown. What delimits its cells is told from a first line such as `sep=;`, or
    else from the header. Raises `ValidationError` with an error of `file`, or one for each column that is wrong, named
    as it stands.
    """
    start = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    if not head[start:].strip():
        raise _refused("empty", "The file is empty.")
    if head.startswith(ARCHIVES):
        raise _refused("format", "This is a spreadsheet or an archive. Of the former, .xlsx and .ods are read.")
    if format is FileFormat.NDJSON:
        return Layout(format, "", (), b"", start, 1, options=options)
    before, delimiters = _before_header(format, head[start:])
    return _csv_layout(format, head, start + sum(map(len, before)), 1 + len(before), delimiters, options)


def _before_header(format: FileFormat, content: bytes) -> tuple[list[bytes], Sequence[str]]:
    """The lines before the header, and what may delimit its cells."""
    before: list[bytes] = []
    delimiters: Sequence[str] = [","] if format.is_spreadsheet else _DELIMITERS
    for line in Lines([content]):
        if not format.is_spreadsheet and (found := _SEPARATOR.fullmatch(line)):
            delimiters = [found[1].decode()]
        elif line.strip(_BLANK):
            break
        before.append(line)
    return before, delimiters


def _csv_layout(
    format: FileFormat, head: bytes, start: int, line: int, delimiters: Sequence[str], options: FileOptions
) -> Layout:
    if not head[start:].strip():
        raise _refused("empty", "The file is empty.")
    field_of = options.resolver()
    found = [_header(head[start:], delimiter) for delimiter in delimiters]
    delimiter, record, cells = max(found, key=lambda one: sum(bool(field_of(cell)) for cell in one[2]))
    if not _is_utf8(record or next(Lines([head[start:]]))):
        raise _refused("encoding", "Save the file as UTF-8, or say what its encoding is.")
    if b"\0" in record:
        raise _refused("characters", "The names of the columns contain a NUL character.")
    if not any(field_of(cell) for cell in cells):
        raise _refused("header", "Begin the file with the names of its columns, such as first_name and email.")
    if not record.endswith(b"\n") and len(head) >= MAX_RECORD_BYTES:
        raise _refused("too_long", "The header takes more than 64 KiB.")
    columns = _columns(cells, options)
    layout = Layout(format, delimiter, columns, without_line_end(record), start, line, tuple(cells), options)
    return evolve(layout, start=start + len(record), first_line=line + layout.lines_of(record))


def _header(content: bytes, delimiter: str) -> tuple[str, bytes, list[str]]:
    lines = Lines([content])
    try:
        taken, cells = read_cells(next(lines), lines, delimiter)
    except InvalidValue:
        return delimiter, b"", []
    return delimiter, b"".join(taken), [cell.strip() for cell in cells]


def _columns(cells: Sequence[str], options: FileOptions) -> tuple[str | None, ...]:
    errors = ErrorCollector()
    field_of, titles = options.resolver(), {folded(cell) for cell in cells}
    columns: list[str | None] = []
    held: set[str] = set()
    for cell in cells:
        name = field_of(cell) if cell else None
        if cell and name is None:
            errors.add(cell, "unknown", "There is no such column. Name its field with columns, or use ignore_unknown.")
        elif name and name in held:
            errors.add(cell, "repeated", f"Another column holds the {name} already.")
        columns.append(name)
        held.add(name or "")
    for name in options.columns:
        if folded(name) not in titles:
            errors.add(f"columns.{name}", "unknown", "The file has no such column.")
    for name in REQUIRED:
        if name not in columns:
            errors.add(name, "required", "This column is required.")
    errors.raise_if_any()
    return tuple(columns)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refused(code: str, message: str) -> ValidationError:
    return ValidationError([FieldError("file", code, message)])
