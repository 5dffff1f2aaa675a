"""A quote out of place, and how far it reaches."""

import pytest

from core.files import MAX_RECORD_BYTES, Row
from tests.unit.files.reading import ADA, ADAS, EVE, EVES, HEADER, codes, rows_of

OPEN = b'"' + ADA
MANY = EVE + b"\n"


def read(*lines: bytes) -> list[Row]:
    return rows_of(HEADER + b"\n".join(lines))


def test_unclosed_quote_rejects_only_its_line() -> None:
    broken, *others = read(OPEN, *[EVE] * 20)
    assert (codes(broken), broken.raw, broken.next_line) == ({"row": "quote"}, OPEN, 3)
    assert [row.values for row in others] == [EVES] * 20


def test_quote_unclosed_within_64_kib_rejects_only_its_line() -> None:
    lines = MAX_RECORD_BYTES // len(MANY) + 2
    broken, *others = read(OPEN, *[EVE] * lines, b'x",,,,,', b'x"y"')
    assert (codes(broken), broken.raw) == ({"row": "quote"}, OPEN)
    assert [row.values for row in others[:lines]] == [EVES] * lines


def test_cell_with_more_than_100_lines_is_rejected() -> None:
    (row,) = read(ADA.replace(b"Ada", b'"Ada' + b"\n" * 99 + b'x"'))
    assert row.values["first_name"] == "Ada" + "\n" * 99 + "x"
    broken, *others = read(OPEN, *[EVE] * 99, b'x"')
    assert (codes(broken), broken.raw) == ({"row": "quote"}, OPEN)
    assert [row.values for row in others[:99]] == [EVES] * 99


def test_unclosed_quote_before_a_too_long_line_rejects_only_its_line() -> None:
    broken, long, after = read(OPEN, ADA + b"x" * MAX_RECORD_BYTES, EVE)
    assert (codes(broken), codes(long), after.values) == ({"row": "quote"}, {"row": "too_long"}, EVES)


@pytest.mark.parametrize(
    "later",
    [
        b'"Ada",' + ADA[4:],
        ADA + b'"mrn|1"',
        b'Ada,"Byron"' + ADA[9:],
        ADA.replace(b"Byron", b'By"ron'),
        ADA.replace(b"Byron", b'Byron"'),
    ],
)
def test_unclosed_quote_before_a_row_with_quotes_rejects_only_its_line(later: bytes) -> None:
    broken, *others = read(OPEN, EVE, EVE, later, EVE)
    assert (codes(broken), broken.raw) == ({"row": "quote"}, OPEN)
    assert [row.values["first_name"] for row in others] == ["Eve", "Eve", "Ada", "Eve"]


def test_two_unclosed_quotes_reject_two_lines() -> None:
    rows = read(OPEN, EVE, OPEN, EVE)
    assert [codes(row) for row in rows] == [{"row": "quote"}, {}, {"row": "quote"}, {}]


def test_unclosed_quote_in_an_ignored_column_rejects_only_its_line() -> None:
    ada, eve = ADA.replace(b",,", b","), EVE.replace(b",,", b",")
    broken, *others = rows_of(
        b"first_name,last_name,email,date_of_birth,full_name\n" + b"\n".join([ada + b'"note', eve + b"x", eve + b'x"'])
    )
    assert (codes(broken), [row.values for row in others]) == ({"row": "quote"}, [EVES, EVES])


def test_cell_with_line_feeds_is_one_row_in_any_column() -> None:
    first, second = read(ADA.replace(b"Ada", b'"Ada\nMaria"'), ADA.replace(b"Byron", b'"By\nron"'))
    assert (first.values, second.values) == (ADAS | {"first_name": "Ada\nMaria"}, ADAS | {"last_name": "By\nron"})


def test_lines_that_are_not_rows_by_themselves_are_one_row() -> None:
    joined, after = read(OPEN, b'x","y', b'z",,,,', EVE)
    assert (joined.values["last_name"], joined.next_line, after.values) == ("y\nz", 5, EVES)


def test_multi_line_row_with_too_many_cells_is_one_row() -> None:
    broken, after = read(ADA + b'"mrn|1\nmrn|2",x', EVE)
    assert (codes(broken), broken.raw, after.values) == ({"row": "cells"}, ADA + b'"mrn|1\nmrn|2",x', EVES)


def test_identifier_that_looks_like_a_row_is_read() -> None:
    (row,) = read(ADA + b'"mrn|1\nmrn|a,b,c,d,e,f"')
    assert row.values["identifiers"] == [{"system": "mrn", "value": "1"}, {"system": "mrn", "value": "a,b,c,d,e,f"}]
