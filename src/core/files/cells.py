"""CSV records and their cells."""

import csv
from collections.abc import Iterator
from functools import lru_cache

from core.errors import InvalidValue
from core.files.lines import MAX_RECORD_BYTES, MAX_RECORD_LINES, Lines


def read_cells(first: bytes, lines: Lines, delimiter: str) -> tuple[list[bytes], list[str]]:
    """The lines of the record that begins with `first`, and its cells. Bytes that are not UTF-8 become surrogates.

    Raises `InvalidValue`; no line but `first` is used up then, so that a stray quote cannot swallow the rows after it.
    """
    taken = [first]
    try:
        cells = next(csv.reader(_texts(taken, lines), delimiter=delimiter, strict=True))
    except csv.Error as error:
        lines.put_back(taken[1:])
        raise _refusal(error) from None
    return taken, cells


def _texts(taken: list[bytes], lines: Lines) -> Iterator[str]:
    yield taken[0].decode(errors="surrogateescape")
    size = len(taken[0])
    for line in lines:
        size += len(line)
        if size > MAX_RECORD_BYTES or len(taken) == MAX_RECORD_LINES:
            lines.put_back([line])
            return
        taken.append(line)
        yield line.decode(errors="surrogateescape")


def _refusal(error: csv.Error) -> InvalidValue:
    if "new-line" in str(error):
        return InvalidValue("line_end", "Leave out the carriage return: a row ends with a line feed.")
    return InvalidValue(
        "quote", f"A quoted cell is not closed within {MAX_RECORD_LINES} lines, or goes on after its closing quote."
    )


@lru_cache(maxsize=2 * MAX_RECORD_LINES)  # the records of rows that a stray quote joins have most lines in common
def count_alone(line: bytes, delimiter: str) -> int:
    """How many cells the line has, taken as a record of its own; 0 where it is none."""
    try:
        return len(read_cells(line, Lines([]), delimiter)[1])
    except InvalidValue:
        return 0
