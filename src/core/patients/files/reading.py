"""Reading the rows of a file as it comes, from its first row or from the end of any other."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from attrs import frozen

from core.errors import Fault, FaultList, Refused
from core.patients.files.csv_rows import Reading, Values, read_cells_of
from core.patients.files.formats import FileFormat
from core.patients.files.layout import Layout
from core.patients.files.lines import MOST_BYTES, MOST_KEPT, Lines, without_line_end
from core.patients.files.objects import read_object
from core.patients.files.options import FieldOf
from core.patients.files.spellings import Spellings, spellings


@frozen
class Row:
    """A record that begins on the line `line` and ends before the byte `end` and the line `next_line`.

    `raw` is the record as it stood, without its line end (of one over 1 MiB, its beginning). `values` may be handed to
    `Patient.register` or `changed`, which judge them; they lack those that cannot be read, as `faults` say.
    """

    line: int
    raw: bytes
    values: Values
    faults: tuple[Fault, ...]
    end: int
    next_line: int

    def with_faults(self, of_values: Iterable[Fault]) -> tuple[Fault, ...]:
        """Its own and those of its values, without those of what was not given because it cannot be read."""
        own = {fault.field for fault in self.faults}
        if own and not self.values:
            return self.faults
        return (*self.faults, *(fault for fault in of_values if fault.field not in own))


def read_rows(layout: Layout, pieces: Iterable[bytes], *, offset: int, line: int) -> Iterator[Row]:
    """`pieces` are the file's content from the byte `offset` on, cut anywhere; `offset` and `line` are where the layout
    says that rows begin, or where a row ended.

    Blank records are no rows. An empty cell gives no value. An unknown member of an object is given as it is, unless
    the options say that it is ignored. Holds a record and a piece at a time.

    Raises nothing: a record that cannot be read is a row with faults, and reading goes on after it. One with a quote
    out of place ends with its first line.
    """
    lines = Lines(pieces)
    spelled = spellings(layout.options.date_format)
    read: Callable[[bytes, Lines], Reading] = (
        partial(_read_object, layout.options.resolver(), spelled)
        if layout.format is FileFormat.NDJSON
        else partial(read_cells_of, layout, spelled)
    )
    for first in lines:
        is_long = len(first) > MOST_BYTES
        if first.isspace() and not is_long:
            offset, line = offset + len(first), line + 1
            continue
        begin = line
        record, values, faults = _too_long(first) if is_long else read(first, lines)
        offset, line = offset + lines.size(record), line + layout.lines_of(record)
        if values is not None:
            yield Row(begin, without_line_end(record)[:MOST_KEPT], values, faults, offset, line)


def _too_long(line: bytes) -> Reading:
    return line, {}, (Fault("row", "too_long", "A row takes at most 64 KiB."),)


def _read_object(field_of: FieldOf, spelled: Spellings, line: bytes, _: Lines) -> Reading:
    try:
        members = read_object(line)
    except Refused as refused:
        return line, {}, (Fault("row", refused.code, refused.message),)
    values: dict[str, object] = {}
    faults = FaultList()
    for member, value in members.items():
        name = "" if member == "errors" else field_of(member)
        if name == "":
            continue
        name = name or member
        if name in values:
            faults.add(name, "repeated", f"Another member holds the {name} already.")
        elif name in spelled and isinstance(value, str):
            with faults.noting(name):
                values[name] = spelled[name](value)
        else:
            values[name] = value
    return line, values, tuple(faults.faults)
