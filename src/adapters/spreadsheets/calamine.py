"""Spreadsheets, read by calamine in a process of its own."""

import os
import subprocess  # nosec B404
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from attrs import frozen

from core.errors import FieldError, Unavailable, ValidationError
from core.files.ports import Sheet, Spreadsheets

MAX_BYTES = 20 * 1024 * 1024
MAX_MEMORY = 768 * 1024 * 1024
MAX_WRITTEN = 200 * 1024 * 1024
MAX_SECONDS = 15
_PROGRAM = Path(__file__).with_name("first_sheet.py")
_PIECE = 1024 * 1024
_SIGNATURE = b"PK\x03\x04"
_KEPT = {"PATH", "SYSTEMROOT", "TMPDIR", "TEMP"}  # of the environment: it has secrets
_UNREADABLE, _PROTECTED = 10, 11
_one_at_a_time = Lock()


@frozen
class CalamineSpreadsheets(Spreadsheets):
    """Calamine holds a sheet whole. So one is read at a time in this process, by another whose memory and time are
    limited, and which a broken file cannot do more than end."""

    max_memory: int = MAX_MEMORY
    max_seconds: int = MAX_SECONDS

    @contextmanager
    def as_csv(self, content: Iterable[bytes]) -> Generator[Sheet]:
        given = _bounded(content)
        with TemporaryFile() as out:
            if not _one_at_a_time.acquire(blocking=False):
                raise Unavailable("Another spreadsheet is being read. Try again.", retry_after=timedelta(seconds=5))
            try:
                name = self._write(given, out)
            finally:
                _one_at_a_time.release()
            yield Sheet(name, partial(_pieces, out))

    def _write(self, content: bytes, out: IO[bytes]) -> str:
        """The name of the sheet that was written."""
        limits = map(str, (self.max_memory, self.max_seconds, MAX_WRITTEN))
        environment = {name: value for name, value in os.environ.items() if name in _KEPT}
        try:  # without a shell, and with nothing of the caller's in the command
            ended = subprocess.run(  # noqa: S603  # nosec B603
                [sys.executable, "-I", str(_PROGRAM), *limits],
                input=content,
                stdout=out,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=2 * self.max_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _too_large() from None
        if ended.returncode == _UNREADABLE:
            raise _refused("unreadable", "The spreadsheet is damaged, or no .xlsx or .ods file, or has too many cells.")
        if ended.returncode == _PROTECTED:
            raise _refused("protected", "Save the file without a password.")
        if ended.returncode:
            raise _too_large()
        return ended.stderr.decode(errors="replace").replace("\0", "")


def _bounded(content: Iterable[bytes]) -> bytes:
    given = bytearray()
    for piece in content:
        given += piece
        if len(given) > MAX_BYTES:
            raise _too_large()
    if not given.startswith(_SIGNATURE):
        raise _refused("format", "This is no .xlsx or .ods file.")
    return bytes(given)


def _pieces(out: IO[bytes]) -> Iterator[bytes]:
    out.seek(0)
    while piece := out.read(_PIECE):
        yield piece


def _too_large() -> ValidationError:
    return _refused("too_large", "The spreadsheet is too large to be read as one. Save the sheet as CSV.")


def _refused(code: str, message: str) -> ValidationError:
    return ValidationError([FieldError("file", code, message)])
