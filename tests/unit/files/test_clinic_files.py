"""Files as spreadsheets, databases and other systems write them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ValidationError
from core.files import Encoding, EncodingDetector, FileFormat, FileOptions, read_layout, to_utf8
from tests.unit.files.reading import ADA, ADAS, EVE, EVES, HEADER, codes, objects_of, rows_of

REQUIRED = b"first_name,last_name,email,date_of_birth"


def options(columns: object = None, ignore_unknown: object = False, date_format: object = None) -> FileOptions:
    return FileOptions.parse(columns=columns, ignore_unknown=ignore_unknown, date_format=date_format)


def value_of(column: bytes, cell: bytes, date_format: str | None = None) -> object:
    """What is read of one cell, or the code of its error."""
    header = REQUIRED if column == b"date_of_birth" else REQUIRED + b"," + column
    record = b"Ada,Byron,ada@example.org," + (b"" if column == b"date_of_birth" else b"1985-12-10,") + cell
    (row,) = rows_of(header + b"\n" + record, options=options(date_format=date_format))
    return row.values.get(column.decode(), codes(row).get(column.decode()))


@pytest.mark.parametrize("blank", [b",,,,,", b" , ,,,,", b'"","","","","",""', b",", b" , \xc2\xa0"])
def test_row_of_empty_cells_is_skipped_and_counted(blank: bytes) -> None:
    ada, eve = rows_of(HEADER + blank + b"\n" + ADA + b"\n" + blank + b"\n" + EVE + b"\n" + blank)
    assert (ada.values, ada.line, eve.values, eve.line) == (ADAS, 3, EVES, 5)


@pytest.mark.parametrize("header", [HEADER.strip() + b",,,\n", HEADER.strip() + b', ,""\n', HEADER])
@pytest.mark.parametrize("cells", [b"", b",", b",,, ,"])
def test_columns_without_a_name_must_be_empty(header: bytes, cells: bytes) -> None:
    ada, eve, broken = rows_of(header + ADA + cells + b"\n" + EVE + cells + b"\n" + ADA + b",,x")
    assert (ada.values, eve.values, codes(broken)) == (ADAS, EVES, {"row": "cells"})


def test_missing_cells_at_the_end_of_a_row_are_empty() -> None:
    ada, eve = rows_of(HEADER + ADA.rstrip(b",") + b"\n" + b"Eve,Stone,eve@example.org")
    assert ada.values == ADAS
    assert eve.values == {name: value for name, value in EVES.items() if name != "date_of_birth"}


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        (b"sex", b" Male ", "male"),
        (b"sex", b"F", "female"),
        (b"sex", b"o", "other"),
        (b"sex", b"U", "unknown"),
        (b"sex", b"X", "x"),
        (b"status", b"ACTIVE", "active"),
        (b"phone", b"\xc2\xa0+1 201 555 0100 ", "+1 201 555 0100"),
        (b"phone", b"3.10820712E9", "shortened"),
        (b"phone", b"3.10821e+09", "shortened"),
        (b"external_id", b"1E+15", "shortened"),
        (b"external_id", b"1E5", "1E5"),
        (b"external_id", b" 1.5e+15 ", "shortened"),
        (b"external_id", b"'1E+15", "1E+15"),
        (b"external_id", b"''1E+15", "'1E+15"),
        (b"external_id", b'="1E+15"', "1E+15"),
        (b"external_id", b"'1E+15 a", "'1E+15 a"),
        (b"external_id", b'="000123"', "000123"),
        (b"external_id", b'"=""000123"""', "000123"),
        (b"external_id", b'="a""b"', 'a"b'),
        (b"external_id", b'"=""a"" & ""b"""', '="a" & "b"'),
        (b"external_id", b"'+49", "+49"),
        (b"external_id", b"''=1", "'=1"),
        (b"external_id", b"'t", "'t"),
    ],
)  # fmt: skip
def test_common_cell_spellings_are_normalized(column: bytes, cell: bytes, value: str) -> None:
    assert value_of(column, cell) == value


@pytest.mark.parametrize(
    ("cell", "date_format", "value"),
    [
        (b"1967-02-12 00:00:00 UTC", None, "1967-02-12"),
        (b"1967-02-12 00:00:00", None, "1967-02-12"),
        (b"1967-02-12T00:00:00Z", None, "1967-02-12"),
        (b"1967-02-12T00:00:00.000+00:00", None, "1967-02-12"),
        (b"1967-02-12 00:00:00+00", None, "1967-02-12"),
        (b"1967-02-12 00:00:01", None, "invalid"),
        (b"1967-02-12 00:00:00+02:00", None, "invalid"),
        (b"5/6/1989", None, "invalid"),
        (b"5/6/1989", "M/D/YYYY", "1989-05-06"),
        (b"05/06/1989 0:00", "MM/DD/YYYY", "1989-05-06"),
        (b"5/6/1989", "DD/MM/YYYY", "1989-06-05"),
        (b"25/12/1989", "MM/DD/YYYY", "invalid"),
        (b"5/6/89", "DD/MM/YYYY", "invalid"),
        (b"5.6.1989", "DD/MM/YYYY", "invalid"),
        (b"24.12.1989", "dd.mm.yyyy", "1989-12-24"),
        (b"1989/12/24", "YYYY/MM/DD", "1989-12-24"),
        (b"19891224", "YYYYMMDD", "1989-12-24"),
        (b"1989-12-24", "DD/MM/YYYY", "1989-12-24"),
        (b"1989-02-30", "DD/MM/YYYY", "invalid"),
    ],
)
def test_date_is_read_as_iso_8601_or_in_the_date_format(cell: bytes, date_format: str | None, value: str) -> None:
    assert value_of(b"date_of_birth", cell, date_format) == value


@pytest.mark.parametrize("shape", ["", "D", "DD/MM", "DD/MM/YY", "DD/MM-YYYY", "MM/MM/YYYY", "DMYYYY", "%d/%m/%Y", 5])
def test_ambiguous_date_format_is_refused(shape: object) -> None:
    with pytest.raises(ValidationError) as refused:
        options(date_format=shape)
    assert [error.field for error in refused.value.errors] == ["date_format"]


@pytest.mark.parametrize("first", [b"sep=;\r\n", b'"sep=;"\n', b"\xef\xbb\xbfSEP=;\n\n"])
def test_first_line_may_declare_the_delimiter(first: bytes) -> None:
    content = first + (HEADER + ADA).replace(b",", b";").replace(b"first_name", b"First Name, Given Name")
    (row,) = rows_of(content, options=options({"First Name, Given Name": "first_name"}))
    assert (row.values, row.line) == (ADAS, 1 + content.count(b"\n"))


def test_column_names_are_compared_in_normal_form() -> None:
    header = "first_name,last_name,email,date_of_birth,Tele\u0301fon\n".encode()
    (row,) = rows_of(header + ADA.rstrip(b",") + b",+12015550100", options=options({"teléfon": "phone"}))
    assert row.values == ADAS | {"phone": "+12015550100"}


COLUMNS = b"first_name,last_name,email,date_of_birth,Emergency Phone,Cell No.,Notes\n"


def test_options_map_or_ignore_unknown_columns() -> None:
    content = COLUMNS + b"Ada,Byron,ada@example.org,1985-12-10,+12015550123,+12015550100,x"
    (row,) = rows_of(content, options=options({"CELL NO": "phone", "Notes": None}, True))
    assert row.values == ADAS | {"phone": "+12015550100"}
    layout = read_layout(FileFormat.CSV, content, options({"cell no": "phone", "notes": None, "emergency phone": None}))
    assert layout.columns[4:] == ("", "phone", "")


@pytest.mark.parametrize(
    ("columns", "errors"),
    [
        ({"Cell No.": "phone"}, {"Emergency Phone": "unknown", "Notes": "unknown"}),
        ({"Cell No.": "phone", "Emergency Phone": "phone", "Notes": None}, {"Cell No.": "repeated"}),
        ({"Cell No.": "phone", "Emergency Phone": None, "Notes": None, "Fax": None}, {"columns.Fax": "unknown"}),
        ({"Cell No.": "telephone", "Notes": 5}, {"columns.Cell No.": "choice", "columns.Notes": "choice"}),
        (["phone"], {"columns": "type"}),
        ({f"Column {number}": None for number in range(1001)}, {"columns": "too_long"}),
    ],
)
def test_column_mapping_that_does_not_fit_is_refused_by_name(columns: object, errors: Mapping[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        read_layout(FileFormat.CSV, COLUMNS, options(columns))
    assert {error.field: error.code for error in refused.value.errors} == errors


def test_column_name_with_nul_is_refused_even_if_ignored() -> None:
    with pytest.raises(ValidationError) as refused:
        read_layout(FileFormat.CSV, COLUMNS.replace(b"Notes", b"No\0tes"), options(ignore_unknown=True))
    assert [(error.field, error.code) for error in refused.value.errors] == [("file", "characters")]


def test_object_members_have_the_names_and_spellings_of_columns() -> None:
    line = (
        b'{"First Name":"Ada","Gender":"F","DOB":"2/1/1990","Cell No.":"+12015550100","insurer":{"a":1},"phone":null}'
    )
    (row,) = objects_of(line, options({"Cell No.": "external_id"}, True, "D/M/YYYY"))
    assert row.values == {
        "first_name": "Ada",
        "sex": "female",
        "date_of_birth": "1990-01-02",
        "external_id": "+12015550100",
        "phone": None,
    }
    (row,) = objects_of(b'{"Given Name":"Ada","first_name":"Eve","DOB":"2/1/1990","shoes":5}', options())
    assert (codes(row), row.values) == (
        {"first_name": "repeated", "date_of_birth": "invalid"},
        {"first_name": "Ada", "shoes": 5},
    )


def test_long_number_is_not_mistaken_for_a_column_name() -> None:
    assert value_of(b"external_id", b"123456789012345678901234567890") == "123456789012345678901234567890"


ENCODED = "Ada,Gómez’s «née» Øster,Œuvre…,Ž"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (ENCODED.encode(), "utf-8"),
        (b"Ada", "utf-8"),
        (ENCODED.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + ENCODED.encode("utf-16-be"), "utf-16-be"),
        (ENCODED.encode("utf-16-le"), "utf-16-le"),
        (ENCODED.encode("utf-16-be"), "utf-16-be"),
        (ENCODED.encode("cp1252"), None),
        ("Łukasz".encode("cp1250"), None),
        ("Иван".encode("cp1251"), None),
        ("é".encode() + b" Jos\xe9", None),
        (b"PK\x03\x04\xff", "utf-8"),
        (b"\xef\xbb\xbfJos\xe9", "utf-8"),
        (b"\xff\xfe\x00\xff\x80\x81", "utf-16-le"),
        (b"caf\xe9", None),
        (b"\xc3", None),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_encoding_is_detected_only_if_unambiguous(content: bytes, encoding: str | None, size: int) -> None:
    detector = EncodingDetector()
    for start in range(0, len(content), size):
        detector.feed(content[start : start + size])
    assert detector.encoding() == encoding


@given(st.text(), st.sampled_from(Encoding), st.integers(1, 5))
def test_text_in_any_encoding_is_converted_to_utf_8(text: str, encoding: Encoding, size: int) -> None:
    content = text.encode(encoding, errors="ignore")
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert b"".join(to_utf8(pieces, encoding)).decode() == content.decode(encoding)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(b"\x81", Encoding.CP1252), (b"A\x00\x00", Encoding.UTF_16_LE), (b"\x00\xd8A\0", "utf-16-le")],
)
def test_invalid_bytes_reject_only_their_row(content: bytes, encoding: str) -> None:
    with pytest.raises(UnicodeDecodeError):
        b"".join(to_utf8([content], Encoding(encoding))).decode()
