import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import MAX_RECORD_BYTES
from tests.unit.files.reading import ADA, ADAS, EVE, EVES, HEADER, codes, objects_of, rows_of

ADA_OBJECT = b'{"first_name":"Ada","phone":null,"shoes":[1,2.5,{"a":true}],"now":"9"}'


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"\n", b"\r\n", b"\r"])
def test_row_ends_at_any_line_ending(line_end: bytes, last: bytes) -> None:
    content = HEADER + ADA + line_end + EVE + last
    first, second = rows_of(content)
    assert (first.raw, first.values, first.line, first.next_line) == (ADA, ADAS, 2, 3)
    assert (second.raw, second.values, second.line, second.end) == (EVE, EVES, 3, len(content))
    assert first.end == len(HEADER + ADA + line_end)


def test_blank_lines_are_skipped_and_counted() -> None:
    first, second = rows_of(HEADER + b"\n \r\n" + ADA + b"\n\n\n" + EVE + b"\n\n")
    assert (first.line, first.next_line, second.line, second.next_line) == (4, 5, 7, 8)
    assert second.raw == EVE


def test_cells_are_trimmed_and_empty_cells_skipped() -> None:
    (row,) = rows_of(HEADER + b' Ada ,"By, ""Ron""",,"", 5" ,  \n')
    assert row.values == {"first_name": "Ada", "last_name": 'By, "Ron"', "phone": '5"'}
    assert row.errors == ()


def test_ignored_columns_give_no_values() -> None:
    (row,) = rows_of(b"line,reason,age," + HEADER + b'2,"Fix, this",7,' + ADA)
    assert row.values == ADAS


def test_identifiers_are_read_one_per_line() -> None:
    cell = b'"mrn|12\r\n\n urn:x|a|b "'
    row, after = rows_of(HEADER + ADA + cell + b"\r\n" + EVE)
    assert row.values["identifiers"] == [{"system": "mrn", "value": "12\r"}, {"system": " urn:x", "value": "a|b"}]
    assert (row.raw, row.line, row.next_line, after.line) == (ADA + cell, 2, 5, 5)


def test_identifier_without_a_bar_is_an_error() -> None:
    (row,) = rows_of(HEADER + ADA + b'"mrn|1\n2"')
    assert (codes(row), row.values) == ({"identifiers": "bar"}, ADAS)


BROKEN = {
    "too many cells": (ADA + b",x", {"row": "cells"}),
    "not UTF-8": (ADA.replace(b"Ada", b"Jos\xe9"), {"first_name": "encoding"}),
    "not UTF-8, in quotes": (
        ADA.replace(b"Ada", b'"Jos\xe9"') + b'"mrn|\xff\n"', {"first_name": "encoding", "identifiers": "encoding"},
    ),
    "not UTF-8, too few cells": (b"Jos\xe9", {"row": "encoding"}),
    "a surrogate": (ADA.replace(b"Ada", b"\xed\xa0\x80"), {"first_name": "encoding"}),
    "a NUL": (ADA.replace(b"Byron", b"By\0ron"), {"last_name": "characters"}),
    "a lone carriage return": (ADA.replace(b"Ada", b"A\rda"), {"row": "line_end"}),
    "a quote left open": (b'"' + ADA, {"row": "quote"}),
    "text after a quote": (ADA.replace(b"Ada", b'"A"da'), {"row": "quote"}),
    "too long": (ADA + b"x" * MAX_RECORD_BYTES, {"row": "too_long"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_unreadable_row_has_errors_and_reading_continues(kind: str) -> None:
    raw, expected = BROKEN[kind]
    before, broken, after = rows_of(HEADER + EVE + b"\n" + raw + b"\r\n" + EVE)
    assert (codes(broken), dict(broken.values), broken.raw, broken.line) == (expected, {}, raw, 3)
    assert before.values == after.values == EVES


def test_quoted_cell_may_contain_line_endings() -> None:
    (row,) = rows_of(HEADER + ADA.replace(b"Byron", b'"By\r\nr\ron"'))
    assert row.values["last_name"] == "By\r\nr\ron"


CELLS = st.text(
    st.sampled_from('a"\n\r,; é|') | st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="='"), max_size=4
)


@given(st.lists(st.tuples(*[CELLS] * 6), max_size=5), st.booleans())
def test_csv_round_trips(records: list[tuple[str, ...]], quote_all: bool) -> None:
    text = StringIO(newline="")
    style = {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"} if quote_all else {}
    csv.writer(text, **style).writerows(
        [
            [*record[:3], "1985-12-10", record[4], f"a|{record[5]}".replace("\n", "").replace("\r", "")]
            for record in records
        ]
    )
    names = HEADER.decode().strip().split(",")
    for row, record in zip(rows_of(HEADER + text.getvalue().encode()), records, strict=True):
        given = {name: cell.strip() for name, cell in zip(names[:5], record[:5], strict=True)}
        read = {name: value for name, value in row.values.items() if name != "identifiers"}
        assert read == {name: cell for name, cell in given.items() if cell} | {"date_of_birth": "1985-12-10"}


def test_object_members_are_passed_through_except_read_only_ones() -> None:
    row, after = objects_of(b"\xef\xbb\xbf" + ADA_OBJECT + b'\r\n\n {"line":1,"errors":[],"id":"7","age":4,"sex":5} ')
    assert row.values == {"first_name": "Ada", "phone": None, "shoes": [1, 2.5, {"a": True}], "now": "9"}
    assert (row.raw, row.line, after.values, after.line) == (ADA_OBJECT, 1, {"sex": 5}, 3)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]", b"5", b'"a"', b"null", b"{", b"{}{}", b"{'a':1}", b'{"a":1,}', b'{"a":1,"a":2}',
        b'{"a":[{"b":1,"b":1}]}', b'{"a":NaN}', b'{"a":-Infinity}',
        b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"\\uDC00":1}', b'{"a":"\0"}',
        b'{"a":%b}' % (b"9" * 5000), b'{"a":%b1%b}' % (b"[" * 20_000, b"]" * 20_000), b"[" * 60_000, b'{"a":"\t"}',
        b"first_name,last_name",
    ],
)  # fmt: skip
def test_line_that_is_not_one_json_object_is_an_error(raw: bytes) -> None:
    broken, after = objects_of(raw + b"\n" + ADA_OBJECT)
    assert (codes(broken), dict(broken.values), broken.raw) == ({"row": "json"}, {}, raw)
    assert after.values["first_name"] == "Ada"


@pytest.mark.parametrize(
    ("raw", "code"), [(b'{"a":"\xff"}', "encoding"), (b'{"a":"' + b"x" * MAX_RECORD_BYTES + b'"}', "too_long")]
)
def test_line_that_is_not_utf_8_or_too_long_is_an_error(raw: bytes, code: str) -> None:
    broken, after = objects_of(raw + b"\n" + ADA_OBJECT)
    assert (codes(broken), broken.raw, after.errors) == ({"row": code}, raw, ())


def test_surrogate_pair_is_one_character() -> None:
    (row,) = objects_of(b'{"first_name":"\\ud83d\\ude00\\u00e9"}')
    assert row.values == {"first_name": "\U0001f600é"}
