"""Reading the rows of a file as it comes, from its first row or from the end of any other."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from attrs import frozen

from core.errors import ErrorCollector, FieldError, InvalidValue
from core.files.csv_rows import Reading, Values, read_cells_of
from core.files.formats import FileFormat
from core.files.json_objects import read_object
from core.files.layout import Layout
from core.files.lines import MAX_KEPT_BYTES, MAX_RECORD_BYTES, Lines, without_line_end
from core.files.options import FieldOf
from core.files.spellings import Spellings, spellings


@frozen
class Row:
    """A record that begins on the line `line` and ends before the byte `end` and the line `next_line`.

    `raw` is the record as it stood, without its line end (of one over 1 MiB, its beginning). `values` may be handed to
    `Patient.register` or `changed`, which judge them; they lack those that cannot be read, as `errors` say.
    """

    line: int
    raw: bytes
    values: Values
    errors: tuple[FieldError, ...]
    end: int
    next_line: int

    def with_errors(self, of_values: Iterable[FieldError]) -> tuple[FieldError, ...]:
        """Its own and those of its values, without those of what was not given because it cannot be read."""
        own = {error.field for error in self.errors}
        if own and not self.values:
            return self.errors
        return (*self.errors, *(error for error in of_values if error.field not in own))


def read_rows(layout: Layout, blocks: Iterable[bytes], *, offset: int, line: int) -> Iterator[Row]:
    """`blocks` are the file's content from the byte `offset` on, cut anywhere; `offset` and `line` are where the layout
    says that rows begin, or where a row ended.

    Blank records are no rows. An empty cell gives no value. An unknown member of an object is given as it is, unless
    the options say that it is ignored. Holds a record and a block at a time.

    Raises nothing: a record that cannot be read is a row with errors, and reading goes on after it. One with a quote
    out of place ends with its first line.
    """
    lines = Lines(blocks)
    spelled = spellings(layout.options.date_format)
    read: Callable[[bytes, Lines], Reading] = (
        partial(_read_object, layout.options.resolver(), spelled)
        if layout.format is FileFormat.NDJSON
        else partial(read_cells_of, layout, spelled)
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


def _too_long(line: bytes) -> Reading:
    return line, {}, (FieldError("row", "too_long", "A row takes at most 64 KiB."),)


def _read_object(field_of: FieldOf, spelled: Spellings, line: bytes, _: Lines) -> Reading:
    try:
        members = read_object(line)
    except InvalidValue as refused:
        return line, {}, (FieldError("row", refused.code, refused.message),)
    values: dict[str, object] = {}
    errors = ErrorCollector()
    for member, value in members.items():
        name = "" if member == "errors" else field_of(member)
        if name == "":
            continue
        name = name or member
        if name in values:
            errors.add(name, "repeated", f"Another member holds the {name} already.")
        elif name in spelled and isinstance(value, str):
            with errors.field(name):
                values[name] = spelled[name](value)
        else:
            values[name] = value
    return line, values, tuple(errors.errors)
