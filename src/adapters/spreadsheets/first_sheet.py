"""A program that writes the first sheet of a spreadsheet, from standard input, as CSV to standard output.

Each row of the sheet is a record, so that the number of a record is that of its row; an empty one is a blank line. The
name of the sheet goes to standard error. The status tells how it ended: see `Status`.

It limits itself before it looks at the file: a few bytes can ask calamine for any number of cells.
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

MAX_UNPACKED = 512 * 1024 * 1024  # bytes, as the file itself says
MAX_RECORD = 60 * 1024
MAX_LINES = 90  # of a record; a longer one is written as one line
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number


class Status(IntEnum):
    WRITTEN = 0
    UNREADABLE = 10
    PROTECTED = 11
    TOO_LARGE = 12


def limit(memory: int, seconds: int, written: int) -> None:
    """Bytes of memory, seconds of a processor and bytes of output. The system ends what goes beyond."""
    if sys.platform == "win32":  # has no such limits
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS does not limit memory
            resource.setrlimit(kind, (most, most))


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
    """The first that people see. Raises `IndexError` where there is none."""
    workbook = load_workbook(BytesIO(content))
    seen = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    return workbook.get_sheet_by_name(seen[0])


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """From the sheet's first row on, each without the empty cells at its end."""
    _, first_column = sheet.start or (0, 0)
    for cells in sheet.iter_rows():  # which leaves out the columns before the first cell, but not the rows
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
