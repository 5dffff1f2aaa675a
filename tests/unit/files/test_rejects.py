import json
from collections.abc import Mapping
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldError
from core.files import FileFormat, FileOptions, Reject, read_layout, write_rejects
from tests.unit.files.reading import ADA, ADAS, EVE, EVES, HEADER, codes, objects_of, rows_of

FAULTS = (FieldError("email", "invalid", 'Give an "@".'), FieldError("phone", "invalid", "Give a number, too."))
PREFIX = b',"email; phone","Give an ""@"". Give a number, too.",'


def rejected(content: bytes, format: FileFormat = FileFormat.CSV) -> bytes:
    """The rejects file of a file whose rows are all refused."""
    layout = read_layout(format, content[: 64 * 1024])
    rejects = [Reject(row.line, row.raw, row.errors or FAULTS) for row in rows_of(content, format)]
    return b"".join(write_rejects(layout, rejects))


def objects(content: bytes) -> list[Mapping[str, object]]:
    return [cast("Mapping[str, object]", json.loads(line)) for line in content.splitlines()]


def test_reject_has_line_and_reasons_then_the_original_bytes() -> None:
    odd = b'"Ada ",Byron,  ada@example.org,1985-12-10,,"mrn|1\nmrn|2"'
    assert rejected(b"\xef\xbb\xbf" + HEADER + odd + b"\n" + EVE) == (
        b"line,field,reason," + HEADER.strip() + b"\r\n2" + PREFIX + odd + b"\r\n4" + PREFIX + EVE + b"\r\n"
    )


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
def test_rejects_file_is_read_like_the_original(delimiter: bytes) -> None:
    content = (HEADER + ADA + b"\n" + EVE).replace(b",", delimiter)
    again = rejected(content)
    assert [row.values for row in rows_of(again)] == [ADAS, EVES]
    assert rejected(again).splitlines()[0] == again.splitlines()[0]


def test_new_reasons_replace_old_ones() -> None:
    once = rejected(HEADER + ADA + b"\n" + b"\n\n" + EVE)
    twice = rejected(once.replace(b"Give", b"Take").replace(b"\n2,", b'\n"2",'))
    assert twice == once.replace(b"\r\n5,", b"\r\n3,")


def test_reason_columns_in_another_position_are_kept() -> None:
    header = b"first_name,last_name,email,date_of_birth,line,field,reason\n"
    again = rejected(header + b"Ada,Byron,ada@example.org,1985-12-10,2,email,old")
    assert again.startswith(b"line,field,reason," + header.strip())
    assert rows_of(again)[0].values == ADAS


def test_quote_in_an_ignored_column_name_is_kept() -> None:
    header = b'Shoe "EU",first_name,last_name,email,date_of_birth'
    layout = read_layout(FileFormat.CSV, header + b"\n", FileOptions(ignore_unknown=True))
    assert b"".join(write_rejects(layout, [])) == b"line,field,reason," + header + b"\r\n"


def test_row_added_to_a_rejects_file_is_kept_whole() -> None:
    once = rejected(HEADER + EVE)
    without, empty, broken = ADA, b",,," + ADA, b',"field,"rea"son"'
    twice = rejected(once + b"\n".join([without, empty, broken]))
    _, second, third, fourth = rows_of(twice)
    assert (second.values, third.values, second.raw[-len(ADA) :]) == (ADAS, ADAS, ADA)
    assert fourth.raw.endswith(b"," + broken)


def test_unreadable_rows_are_kept_unchanged() -> None:
    broken = [b'"Ada,Byron', b"Jos\xe9,Stone,j@example.org,1990-01-02,,", b"Ada\0", b'"Ada"x,,,,,']
    again = rejected(HEADER + b"\n".join(broken))
    assert [line.split(b'",')[-1] for line in again.splitlines()[1:]] == broken
    corrected = again.replace(b'"Ada,Byron', ADA).replace(b"\xe9", "é".encode())
    assert [codes(row) for row in rows_of(corrected)] == [{}, {}, {"row": "characters"}, {"row": "quote"}]


@given(
    st.lists(
        st.sampled_from([ADA, EVE, b'"' + ADA, ADA + b",", ADA[:-2], ADA + b'"mrn|1\r\nmrn|2"', b"\xff", b'"x"y'])
        | st.binary(min_size=1, max_size=9),
        max_size=6,
    )
)
def test_rejects_of_rejects_have_the_same_rows(lines: list[bytes]) -> None:
    once = rejected(HEADER + b"\n".join(lines))
    assert [row.values for row in rows_of(once) if row.values] == [
        row.values for row in rows_of(HEADER + b"\n".join(lines)) if row.values
    ]
    assert once.count(b"reason") == rejected(once).count(b"reason") == 1


def test_rejected_object_has_line_and_errors_then_its_members() -> None:
    again = rejected(b'{"first_name":"Jos\xc3\xa9","line":5,"x":[1.5],"errors":"old","id":"7"}\r\n', FileFormat.NDJSON)
    assert objects(again) == [
        {
            "line": 1,
            "errors": [
                {"field": "email", "code": "invalid", "message": 'Give an "@".'},
                {"field": "phone", "code": "invalid", "message": "Give a number, too."},
            ],
            "first_name": "José",
            "x": [1.5],
            "id": "7",
        }
    ]
    assert [row.values for row in objects_of(again)] == [{"first_name": "José", "x": [1.5]}]
    assert rejected(again, FileFormat.NDJSON) == again


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b'{"a":"\xff\xc3\xa9"}', '{"a":"\\xffé"}'),
        (b"[1]", "[1]"),
        (b'{"a":1,"a":2}', '{"a":1,"a":2}'),
        (b'{"a":"\\ud800"}', '{"a":"\\ud800"}'),
        (b"[" * 50_000, "[" * 50_000),
        (b'\0"\\', '\0"\\'),
    ],
)
def test_rejected_line_that_is_not_an_object_is_kept_as_raw(raw: bytes, text: str) -> None:
    again = rejected(raw, FileFormat.NDJSON)
    assert [one["raw"] for one in objects(again)] == [text]
    assert [dict(row.values) for row in objects_of(again)] == [{"raw": text}]
    assert rejected(again, FileFormat.NDJSON).endswith(
        b',"raw":' + json.dumps(text, ensure_ascii=False).encode() + b"}\n"
    )


def test_deeply_nested_object_is_written_to_the_rejects() -> None:
    for levels in range(400, 1000, 3):
        (one,) = rejected(b'{"a":' + b"[" * levels + b"]" * levels + b"}", FileFormat.NDJSON).splitlines()
        assert one.startswith(b'{"line":1,"errors":[')


def test_rejects_are_written_in_blocks() -> None:
    layout = read_layout(FileFormat.CSV, HEADER)
    pieces = list(write_rejects(layout, (Reject(line, ADA, FAULTS) for line in range(2, 5_000))))
    assert all(32 * 1024 <= len(piece) <= 33 * 1024 for piece in pieces[:-1])
    assert len(pieces) > 5
    assert len(rows_of(b"".join(pieces))) == 4_998


def test_file_without_rejects_is_a_header_or_empty() -> None:
    assert rejected(HEADER) == b"line,field,reason," + HEADER.strip() + b"\r\n"
    assert list(write_rejects(read_layout(FileFormat.NDJSON, b"{}"), [])) == []
