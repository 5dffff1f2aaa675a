"""Detecting the layout of a file of patients from its beginning."""

import re
from collections.abc import Sequence

from attrs import evolve, frozen

from core.errors import ErrorCollector, FieldError, InvalidValue, ValidationError
from core.files.cells import read_cells
from core.files.columns import normalize_name
from core.files.formats import ARCHIVES, FileFormat
from core.files.lines import MAX_RECORD_BYTES, Lines, without_line_end
from core.files.options import DEFAULT_OPTIONS, FileOptions
from core.patients.fields import NAMES

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR = re.compile(rb'"?sep=([,;\t|])"?\r?\n?', re.IGNORECASE)  # as Excel reads and writes it
_BLANK = b" \r\n" + "".join(_DELIMITERS).encode()


@frozen
class Layout:
    """`columns` are the fields of a CSV file's columns: "" for an ignored column, None for a column without a name,
    which must be empty. `header` is the original header record without the line end; `titles` are its cells. The first
    row is at the byte `start`, on the line `first_line` (from 1). NDJSON has no delimiter, columns or header.
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
        """The lines that a record counts for. A spreadsheet row counts as one, even if its cells contain line feeds."""
        return 1 if self.format.is_spreadsheet else record.count(b"\n")

    @property
    def named_columns(self) -> dict[str, str | None]:
        """The field of each column by its title, None for an ignored column."""
        return {title: name or None for title, name in zip(self.titles, self.columns, strict=True) if title}


def read_layout(format: FileFormat, head: bytes, options: FileOptions = DEFAULT_OPTIONS) -> Layout:
    """`head` is the first 64 KiB of the file in UTF-8.

    A CSV header must have a column for `first_name` or `last_name`. Columns are in any order, under any name that the
    options or `columns` know, none unknown or a duplicate. The delimiter is read from a first line such as `sep=;` or
    detected from the header. Raises `ValidationError` with an error of `file`, or one for each invalid column.
    """
    layout = find_header(format, head, options)
    if format is FileFormat.NDJSON:
        return layout
    if not any(layout.columns):
        raise _file_error("header", "Must begin with the names of its columns, such as first_name and email.")
    _check_columns(layout.titles, options)
    return layout


def find_header(format: FileFormat, head: bytes, options: FileOptions = DEFAULT_OPTIONS) -> Layout:
    """As `read_layout`, but with columns that may be wrong: None for an unknown column too. Raises `ValidationError`
    with an error of `file`."""
    start = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    if not head[start:].strip():
        raise _file_error("empty", "The file is empty.")
    if head.startswith(ARCHIVES):
        raise _file_error("format", "Must not be an archive or a spreadsheet other than .xlsx and .ods.")
    if format is FileFormat.NDJSON:
        return Layout(format, "", (), b"", start, 1, options=options)
    before, delimiters = _before_header(format, head[start:])
    return _csv_layout(format, head, start + sum(map(len, before)), 1 + len(before), delimiters, options)


def _before_header(format: FileFormat, content: bytes) -> tuple[list[bytes], Sequence[str]]:
    """The lines before the header, and the possible delimiters."""
    before: list[bytes] = []
    delimiters: Sequence[str] = [","] if format.is_spreadsheet else _DELIMITERS
    for line in Lines([content]):
        if not format.is_spreadsheet and (match := _SEPARATOR.fullmatch(line)):
            delimiters = [match[1].decode()]
        elif line.strip(_BLANK):
            break
        before.append(line)
    return before, delimiters


def _csv_layout(
    format: FileFormat, head: bytes, start: int, line: int, delimiters: Sequence[str], options: FileOptions
) -> Layout:
    if not head[start:].strip():
        raise _file_error("empty", "The file is empty.")
    resolve = options.resolver()
    candidates = [_header(head[start:], delimiter) for delimiter in delimiters]
    delimiter, record, cells = max(
        candidates, key=lambda one: (sum(bool(resolve(cell)) for cell in one[2]), len(one[2]))
    )
    if not _is_utf8(record or next(Lines([head[start:]]))):
        raise _file_error("encoding", "Must be UTF-8, or its encoding must be specified.")
    if b"\0" in record:
        raise _file_error("characters", "The column names must not contain a NUL character.")
    if not record.endswith(b"\n") and len(head) >= MAX_RECORD_BYTES:
        raise _file_error("too_long", "The header must be at most 64 KiB.")
    columns = tuple(resolve(cell) if cell else None for cell in cells)
    layout = Layout(format, delimiter, columns, without_line_end(record), start, line, tuple(cells), options)
    return evolve(layout, start=start + len(record), first_line=line + layout.lines_of(record))


def _header(content: bytes, delimiter: str) -> tuple[str, bytes, list[str]]:
    lines = Lines([content])
    try:
        record_lines, cells = read_cells(next(lines), lines, delimiter)
    except InvalidValue:
        return delimiter, b"", []
    return delimiter, b"".join(record_lines), [cell.strip() for cell in cells]


def _check_columns(titles: Sequence[str], options: FileOptions) -> None:
    errors = ErrorCollector()
    resolve, normalized = options.resolver(), {normalize_name(title) for title in titles}
    held: set[str] = set()
    for title in titles:
        name = resolve(title) if title else ""
        if name is None:
            errors.add(title, "unknown", "Unknown column. Map it with columns, or use ignore_unknown.")
        elif name in held:
            errors.add(title, "repeated", f"Another column already holds the {name}.")
        held |= {name} if name else set()
    for name in options.columns:
        if normalize_name(name) not in normalized:
            errors.add(f"columns.{name}", "unknown", "The file has no such column.")
    if held.isdisjoint(NAMES):
        errors.add("first_name", "required", "A column for first_name or last_name is required.")
    errors.raise_if_any()


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _file_error(code: str, message: str) -> ValidationError:
    return ValidationError([FieldError("file", code, message)])
