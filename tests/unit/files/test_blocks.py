"""What holds for any file, however it is cut, and wherever reading goes on."""

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import MAX_RECORD_BYTES, FileFormat, read_layout, read_rows
from tests.unit.files.reading import ADA, EVE, HEADER, TEXT_FORMATS, codes, cut, rows_of

CUTS = st.lists(st.integers(0, 2**16), max_size=8)
FORMATS = st.sampled_from(TEXT_FORMATS)
CHUNKS = [
    b'"', b'""', b",", b"\n", b"\r", b"\r\n", b" ", b"\0", b"\xff", b"\xc3", b"\xa9", b"mrn|1", b"{", b"}",
    b'{"a":"\\ud800"}', ADA, ADA + b"\n", b'"' + EVE + b"\n", ADA + b'"mrn|1\nmrn|2"\r\n',
    b'{"first_name":"Ada"}\n', b"x" * MAX_RECORD_BYTES,
]  # fmt: skip
CONTENTS = st.lists(st.sampled_from(CHUNKS) | st.binary(max_size=4), max_size=12).map(b"".join)


def whole(format: FileFormat, content: bytes) -> bytes:
    return {FileFormat.CSV: HEADER, FileFormat.NDJSON: b"{}\n"}[format] + content


@given(FORMATS, CONTENTS, CUTS)
def test_rows_do_not_depend_on_block_boundaries(format: FileFormat, content: bytes, cuts: list[int]) -> None:
    assert rows_of(whole(format, content), format, cuts=cuts) == rows_of(whole(format, content), format)


@given(FORMATS, CONTENTS, CUTS)
def test_reading_can_continue_after_any_row(format: FileFormat, content: bytes, cuts: list[int]) -> None:
    content = whole(format, content)
    layout, rows = read_layout(format, content[:MAX_RECORD_BYTES]), rows_of(content, format)
    for position, row in enumerate(rows, start=1):
        pieces = cut(content[row.end :], cuts)
        assert list(read_rows(layout, pieces, offset=row.end, line=row.next_line)) == rows[position:]


@given(FORMATS, CONTENTS)
def test_every_byte_is_in_a_row_or_blank(format: FileFormat, content: bytes) -> None:
    content = whole(format, content)
    layout = read_layout(format, content[:MAX_RECORD_BYTES])
    end, line = layout.start, layout.first_line
    for row in rows_of(content, format):
        begin = row.end - len(content[end : row.end].split(row.raw, 1)[1]) - len(row.raw)
        assert is_blank(content[end:begin])
        assert content[begin + len(row.raw) : row.end] in {b"\n", b"\r\n", b"\r", b""}
        assert row.line == 1 + content[:begin].count(b"\n") >= line
        assert row.next_line == 1 + content[: row.end].count(b"\n")
        assert not codes(row).keys() & row.values.keys()
        end, line = row.end, row.next_line
    assert is_blank(content[end:])


def is_blank(records: bytes) -> bool:
    return not re.sub('[,"]', "", records.decode(errors="surrogateescape")).strip()


@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_long_row_is_truncated_to_1_mib(format: FileFormat) -> None:
    size = 3 * 1024 * 1024
    content = whole(format, b"x" * size + b"\r\n" + b"y" * size)
    for cuts in [(), range(0, len(content), 50_000), (len(content) - size,)]:
        *_, long, last = rows_of(content, format, cuts=cuts)
        assert (codes(long), long.raw) == ({"row": "too_long"}, b"x" * 1024 * 1024)
        assert (long.end, long.next_line, last.line) == (len(content) - size, 3, 3)
        assert (last.raw, last.end, last.next_line) == (b"y" * 1024 * 1024, len(content), 3)


@pytest.mark.parametrize("cuts", [(), (1024 * 1024 + 80,)])
@pytest.mark.parametrize("blank", [b" " * (1024 * 1024 - 1) + b"\r", b" " * (1024 * 1024 + 9)])
def test_long_row_that_begins_blank_is_not_skipped(blank: bytes, cuts: tuple[int, ...]) -> None:
    content = HEADER + blank + ADA + b"\n"
    (row,) = rows_of(content, cuts=cuts)
    assert (codes(row), row.end, row.raw) == ({"row": "too_long"}, len(content), blank[: 1024 * 1024])


@pytest.mark.parametrize(
    ("piece", "pieces", "most_kib"),
    [
        (EVE + b"\n", 4, 700),
        (b"\n" * 9 + EVE, 4, 700),
        (b'"' + EVE + b"\n", 4, 700),
        (b"x", 160, 4096),
        (b'"', 160, 4096),
    ],
)
def test_memory_does_not_grow_with_the_file(piece: bytes, pieces: int, most_kib: int) -> None:
    layout = read_layout(FileFormat.CSV, HEADER)

    content = (piece * (MAX_RECORD_BYTES // len(piece)) for _ in range(pieces))
    tracemalloc.start()
    try:
        for _ in read_rows(layout, content, offset=layout.start, line=2):
            pass
        assert tracemalloc.get_traced_memory()[1] < most_kib * 1024
    finally:
        tracemalloc.stop()
