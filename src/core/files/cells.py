"""Splitting CSV records into cells."""

import csv
from collections.abc import Iterator
from functools import lru_cache

from core.errors import InvalidValue
from core.files.lines import MAX_RECORD_BYTES, MAX_RECORD_LINES, Lines


def read_cells(first: bytes, lines: Lines, delimiter: str) -> tuple[list[bytes], list[str]]:
    """Returns the lines of the record that begins with `first`, and its cells. Invalid UTF-8 becomes surrogates.

    Raises `InvalidValue` and then consumes no line but `first`, so that a stray quote does not swallow later rows.
    """
    record_lines = [first]
    try:
        cells = next(csv.reader(_texts(record_lines, lines), delimiter=delimiter, strict=True))
    except csv.Error as error:
        lines.put_back(record_lines[1:])
        raise _invalid(error) from None
    return record_lines, cells


def _texts(record_lines: list[bytes], lines: Lines) -> Iterator[str]:
    yield record_lines[0].decode(errors="surrogateescape")
    size = len(record_lines[0])
    for line in lines:
        size += len(line)
        if size > MAX_RECORD_BYTES or len(record_lines) == MAX_RECORD_LINES:
            lines.put_back([line])
            return
        record_lines.append(line)
        yield line.decode(errors="surrogateescape")


def _invalid(error: csv.Error) -> InvalidValue:
    if "new-line" in str(error):
        return InvalidValue("line_end", "Contains a carriage return without a line feed.")
    return InvalidValue(
        "quote", f"A quoted cell is not closed within {MAX_RECORD_LINES} lines, or has text after its closing quote."
    )


@lru_cache(maxsize=2 * MAX_RECORD_LINES)  # records joined by a stray quote share most lines
def count_cells(line: bytes, delimiter: str) -> int:
    """The number of cells of the line as a record by itself; 0 if it is not a valid record."""
    try:
        return len(read_cells(line, Lines([]), delimiter)[1])
    except InvalidValue:
        return 0
