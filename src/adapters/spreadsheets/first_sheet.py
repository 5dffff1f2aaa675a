"""A program that converts the first visible sheet of a spreadsheet on standard input to CSV on standard output.

Each row is a record, so that the number of a record is the number of its row; an empty row is a blank line. The name of
the sheet goes to standard error. `Status` is the exit status.

The program limits its own resources before it reads the file: a few bytes can make calamine allocate any number of
cells.
"""

import csv
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from enum import IntEnum
from io import BytesIO, TextIOWrapper
from zipfile import BadZipFile, ZipFile

if sys.platform != "win32":
    import resource

from python_calamine import CalamineError, CalamineSheet, PasswordError, SheetTypeEnum, SheetVisibleEnum, load_workbook

MAX_UNPACKED = 512 * 1024 * 1024  # bytes, as declared in the file
MAX_RECORD = 60 * 1024
MAX_LINES = 90  # of a record; longer records are written as one line
_EXACT = 10**15  # spreadsheets keep 15 digits of a number


class Status(IntEnum):
    WRITTEN = 0
    UNREADABLE = 10
    PROTECTED = 11
    TOO_LARGE = 12


def limit(memory: int, seconds: int, written: int) -> None:
    """Limits memory and output in bytes and processor time in seconds. The system kills a process that exceeds them."""
    if sys.platform == "win32":  # it has no such limits
        return
    for kind, maximum in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS does not limit memory
            resource.setrlimit(kind, (maximum, maximum))


def write_first_sheet(content: bytes) -> Status:
    try:
        with ZipFile(BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
                return Status.TOO_LARGE
        sheet = _first_sheet(content)
        out = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        writer = csv.writer(out, lineterminator="\n")
        for cells in _rows(sheet):
            if cells:
                writer.writerow(cells)
            else:
                out.write("\n")
        out.flush()
    except PasswordError:
        return Status.PROTECTED
    except (CalamineError, BadZipFile, IndexError):
        return Status.UNREADABLE
    except (MemoryError, OSError):
        return Status.TOO_LARGE
    sys.stderr.write(sheet.name)
    return Status.WRITTEN


def _first_sheet(content: bytes) -> CalamineSheet:
    """The first visible sheet. Raises `IndexError` if there is none."""
    workbook = load_workbook(BytesIO(content))
    visible = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    return workbook.get_sheet_by_name(visible[0])


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """All rows, without trailing empty cells."""
    _, first_column = sheet.start or (0, 0)
    for cells in sheet.iter_rows():  # omits empty columns before the first cell, but no rows
        texts = [""] * first_column + [_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        yield texts if _fits(texts) else [text.replace("\n", " ") for text in texts]


def _fits(texts: list[str]) -> bool:
    return sum(map(len, texts)) < MAX_RECORD // 4 and sum(text.count("\n") for text in texts) < MAX_LINES


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell)) if abs(cell) < _EXACT else f"{cell:E}"
    if isinstance(cell, datetime) and cell.time() == cell.min.time():
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).replace("\r\n", "\n").replace("\r", "\n")


if __name__ == "__main__":
    limit(*map(int, sys.argv[1:]))
    sys.exit(write_first_sheet(sys.stdin.buffer.read()))
