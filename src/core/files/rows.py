"""ParsedRecord the rows of a file, from the first row or from the end of any row."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from attrs import frozen

from core.errors import ErrorCollector, FieldError, InvalidValue
from core.files.csv_rows import ParsedRecord, Values, parse_csv_record
from core.files.formats import FileFormat
from core.files.json_objects import read_object
from core.files.layout import Layout
from core.files.lines import MAX_KEPT_BYTES, MAX_RECORD_BYTES, Lines, without_line_end
from core.files.normalizers import Normalizers, normalizers
from core.files.options import ColumnResolver


@frozen
class Row:
    """A record that begins on the line `line` and ends before the byte `end` and the line `next_line`.

    `raw` is the original record without its line end, truncated to 1 MiB. `values` are unvalidated arguments for
    `Patient.register` or `changed`. `errors` name the values that cannot be read; `values` lacks them.
    """

    line: int
    raw: bytes
    values: Values
    errors: tuple[FieldError, ...]
    end: int
    next_line: int

    def with_errors(self, of_values: Iterable[FieldError]) -> tuple[FieldError, ...]:
        """Adds the errors of validating `values`, except for fields that could not be read."""
        own = {error.field for error in self.errors}
        if own and not self.values:
            return self.errors
        return (*self.errors, *(error for error in of_values if error.field not in own))


def read_rows(layout: Layout, blocks: Iterable[bytes], *, offset: int, line: int) -> Iterator[Row]:
    """Reads rows from `blocks`, the content of the file from the byte `offset` and the line `line` on: where the layout
    says that rows begin, or where a row ended.

    Skips blank records and empty cells. Unknown members of an object are passed through unless the options ignore
    them. Holds one record and one block at a time.

    Never raises: a record that cannot be read becomes a row with errors. A record with a misplaced quote ends with its
    first line.
    """
    lines = Lines(blocks)
    by_field = normalizers(layout.options.date_format)
    read: Callable[[bytes, Lines], ParsedRecord] = (
        partial(_read_object, layout.options.resolver(), by_field)
        if layout.format is FileFormat.NDJSON
        else partial(parse_csv_record, layout, by_field)
    )
    for first in lines:
        is_long = len(first) > MAX_RECORD_BYTES
        if first.isspace() and not is_long:
            offset, line = offset + len(first), line + 1
            continue
        begin = line
        record, values, errors = _too_long(first) if is_long else read(first, lines)
        offset, line = offset + lines.size(record), line + layout.lines_of(record)
        if values is not None:
            yield Row(begin, without_line_end(record)[:MAX_KEPT_BYTES], values, errors, offset, line)


def _too_long(line: bytes) -> ParsedRecord:
    return line, {}, (FieldError("row", "too_long", "Must be at most 64 KiB."),)


def _read_object(resolve: ColumnResolver, normalizers: Normalizers, line: bytes, _: Lines) -> ParsedRecord:
    try:
        members = read_object(line)
    except InvalidValue as error:
        return line, {}, (FieldError("row", error.code, error.message),)
    values: dict[str, object] = {}
    errors = ErrorCollector()
    for member, value in members.items():
        name = "" if member == "errors" else resolve(member)
        if name == "":
            continue
        name = name or member
        if name in values:
            errors.add(name, "repeated", f"Another member already holds the {name}.")
        elif name in normalizers and isinstance(value, str):
            with errors.field(name):
                values[name] = normalizers[name](value)
        else:
            values[name] = value
    return line, values, tuple(errors.errors)
