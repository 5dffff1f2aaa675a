"""Reading the rows of a file as it comes, from its first row or from the end of any other."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from attrs import frozen

from core.errors import Fault, Refused
from core.patients.files.csv_rows import Reading, Values, read_cells_of
from core.patients.files.layout import FileFormat, Layout
from core.patients.files.lines import MOST_BYTES, MOST_KEPT, Lines, without_line_end
from core.patients.files.names import READ_ONLY
from core.patients.files.objects import read_object

_PASSED_OVER = READ_ONLY | {"line", "errors"}


@frozen
class Row:
    """A record that begins on the line `line` and ends before the byte `end` and the line `next_line`.

    `raw` is the record as it stood, without its line end (of one over 1 MiB, its beginning). `values` may be handed to
    `Patient.register` or `changed`, which judge them; they are empty where `faults` say why it cannot be read.
    """

    line: int
    raw: bytes
    values: Values
    faults: tuple[Fault, ...]
    end: int
    next_line: int


def read_rows(layout: Layout, pieces: Iterable[bytes], *, offset: int, line: int) -> Iterator[Row]:
    """`pieces` are the file's content from the byte `offset` on, cut anywhere; `offset` and `line` are where the layout
    says that rows begin, or where a row ended.

    Blank lines are no rows. An empty cell gives no value. An object's members are given as they are, save those that
    are read-only. Holds a record and a piece at a time.

    Raises nothing: a record that cannot be read is a row with faults, and reading goes on after it. One with a quote
    out of place ends with its first line.
    """
    lines = Lines(pieces)
    read: Callable[[bytes, Lines], Reading] = (
        _read_object if layout.format is FileFormat.NDJSON else partial(read_cells_of, layout)
    )
    for first in lines:
        is_long = len(first) > MOST_BYTES
        if first.isspace() and not is_long:
            offset, line = offset + len(first), line + 1
            continue
        begin = line
        record, values, faults = _too_long(first) if is_long else read(first, lines)
        offset, line = offset + lines.size(record), line + record.count(b"\n")
        yield Row(begin, without_line_end(record)[:MOST_KEPT], values, faults, offset, line)


def _too_long(line: bytes) -> Reading:
    return line, {}, (Fault("row", "too_long", "A row takes at most 64 KiB."),)


def _read_object(line: bytes, _: Lines) -> Reading:
    try:
        members = read_object(line)
    except Refused as refused:
        return line, {}, (Fault("row", refused.code, refused.message),)
    if _PASSED_OVER.isdisjoint(members):
        return line, members, ()
    return line, {name: value for name, value in members.items() if name not in _PASSED_OVER}, ()
