"""Spreadsheets as CSV, and those that would be too much."""

from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from attrs import evolve

from adapters.spreadsheets import calamine
from adapters.spreadsheets.calamine import MAX_BYTES, CalamineSpreadsheets
from core.errors import Unavailable, ValidationError
from tests.spreadsheets import DATE, archive, number, ods, ods_cell, ods_row, text, xlsx

READER = CalamineSpreadsheets(max_memory=200 * 1024 * 1024, max_seconds=20)


def csv_of(content: bytes) -> tuple[str, str]:
    """The name of the sheet and its text, which is the same each time."""
    with READER.as_csv([content[:9], content[9:]]) as sheet:
        first, again = b"".join(sheet.content()), b"".join(sheet.content())
    assert first == again
    return sheet.name, first.decode()


def code_of(content: bytes, reader: CalamineSpreadsheets = READER) -> str:
    with pytest.raises(ValidationError) as refused, reader.as_csv([content]):
        pass
    (error,) = refused.value.errors
    assert error.field == "file"
    return error.code


def test_each_sheet_row_is_one_record() -> None:
    content = xlsx(
        text("José, «née»", "B2"), number("42", "C2"), number("32568", "D2", DATE), number("32568.25", "E2", DATE),
        text("mrn|1\nmrn|2", "B4"), text("", "C4"), '<c r="D4" t="b"><v>1</v></c>', number("12.5", "E4"),
        number("4504283286", "F4"), number("1.2345678901234568E17", "G4"), '<c r="H4" t="e"><v>#N/A</v></c>',
        text("x\n" * 200, "B5"),
    )  # fmt: skip
    name, written = csv_of(content)
    assert name == "Ward"
    assert written == (
        '\n,"José, «née»",42,1989-03-01,1989-03-01T06:00:00\n\n'
        ',"mrn|1\nmrn|2",,true,12.5,4504283286,1.234568E+17\n'
        f",{'x ' * 200}\n"
    )


def test_ods_is_read_like_xlsx() -> None:
    rows = [
        ods_row(ods_cell("Zoë"), ods_cell("1967-02-12", "date"), ods_cell("4504283286", "float")),
        ods_row("<table:table-cell/>", repeated=2),
        ods_row(ods_cell("Eve"), ods_cell("", repeated=1000)),
        ods_row('<table:table-cell table:number-columns-repeated="16384"/>', repeated=1048000),
    ]
    assert csv_of(ods("".join(rows))) == ("Ward", "Zoë,1967-02-12,4504283286\n\n\nEve\n")


def test_first_visible_sheet_is_read() -> None:
    hidden = '<sheet name="Lists" sheetId="2" state="hidden" r:id="rId1"/>'
    seen = '<sheet name="Ward" sheetId="1" r:id="rId1"/>'
    assert csv_of(xlsx(text("a", "A1"), sheets=[hidden, seen])) == ("Ward", "a\n")
    assert code_of(xlsx(text("a", "A1"), sheets=[hidden])) == "unreadable"


def saying(size: int, content: bytes) -> bytes:
    """The archive says that its longest part has `size` bytes."""
    with ZipFile(BytesIO(content)) as parts:
        longest = max(part.file_size for part in parts.infolist())
    return content.replace(longest.to_bytes(4, "little"), size.to_bytes(4, "little"))


@pytest.mark.parametrize(
    "content_of",
    [
        pytest.param(lambda: xlsx(text("a", "A1"), text("b", "XFD1048576")), id="two cells of a sheet of 17 billion"),
        pytest.param(lambda: xlsx(text("a", "A1"), text("b", "XFD1000")), id="two cells of a sheet of 16 million"),
        pytest.param(lambda: ods(ods_row(ods_cell("a", repeated=16384), repeated=1048576)), id="a cell repeated"),
        pytest.param(lambda: saying(600_000_000, xlsx(text("a", "A1"))), id="a part of 600 MB"),
        pytest.param(lambda: saying(1, xlsx(text("a" * 90_000_000, "A1"))), id="a part that is longer than it says"),
        pytest.param(lambda: b"PK\x03\x04" + b" " * MAX_BYTES, id="a long file"),
    ],
)
def test_file_that_needs_too_much_memory_is_refused(content_of: Callable[[], bytes]) -> None:
    assert code_of(content_of()) in {"too_large", "unreadable"}


def test_file_that_needs_too_much_time_is_refused() -> None:
    rows = ods(ods_row(ods_cell("a"), repeated=1_000_000))
    assert code_of(rows, evolve(READER, max_memory=400 * 1024 * 1024, max_seconds=1)) == "too_large"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"first_name,last_name\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"PK\x03\x04",
        archive({"a.txt": "a"}),
        archive({"xl/workbook.xml": "<workbook><sheets>"}),
        xlsx()[:-30],
        xlsx(text("a", "A1"), sheets=[]),
    ],
)
def test_file_that_is_not_a_spreadsheet_is_refused(content: bytes) -> None:
    assert code_of(content) in {"format", "unreadable"}


def test_one_spreadsheet_is_read_at_a_time() -> None:
    with calamine._one_at_a_time, pytest.raises(Unavailable) as refused, READER.as_csv([xlsx()]):
        pass
    assert refused.value.retry_after
    assert csv_of(xlsx(text("a", "A1"))) == ("Ward", "a\n")
