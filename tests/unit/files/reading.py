"""Files of patients in tests: read from memory."""

from collections.abc import Iterable
from itertools import pairwise

from core.files import DEFAULT_OPTIONS, FileFormat, FileOptions, Row, read_layout, read_rows

TEXT_FORMATS = [FileFormat.CSV, FileFormat.NDJSON]
HEADER = b"first_name,last_name,email,date_of_birth,phone,identifiers\n"
ADA = b"Ada,Byron,ada@example.org,1985-12-10,,"
EVE = b"Eve,Stone,eve@example.org,1990-01-02,,"
ADAS = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.org", "date_of_birth": "1985-12-10"}
EVES = {"first_name": "Eve", "last_name": "Stone", "email": "eve@example.org", "date_of_birth": "1990-01-02"}


def rows_of(
    content: bytes,
    format: FileFormat = FileFormat.CSV,
    *,
    cuts: Iterable[int] = (),
    options: FileOptions = DEFAULT_OPTIONS,
) -> list[Row]:
    """`cuts`: where the content after the header is cut into pieces."""
    layout = read_layout(format, content[: 64 * 1024], options)
    pieces = cut(content[layout.start :], cuts)
    return list(read_rows(layout, pieces, offset=layout.start, line=layout.first_line))


def objects_of(content: bytes, options: FileOptions = DEFAULT_OPTIONS) -> list[Row]:
    return rows_of(content, FileFormat.NDJSON, options=options)


def cut(content: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(content) + 1) for place in cuts), len(content)]
    return [content[begin:end] for begin, end in pairwise(places)]


def codes(row: Row) -> dict[str, str]:
    return {error.field: error.code for error in row.errors}
