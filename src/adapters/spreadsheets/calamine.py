"""Reading spreadsheets with calamine in a separate process."""

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
_BLOCK_BYTES = 1024 * 1024
_SIGNATURE = b"PK\x03\x04"
_ENVIRONMENT = {"PATH", "SYSTEMROOT", "TMPDIR", "TEMP"}  # other variables may hold secrets
_UNREADABLE, _PROTECTED = 10, 11
_one_at_a_time = Lock()


@frozen
class CalamineSpreadsheets(Spreadsheets):
    """Calamine holds the whole sheet in memory. So each process of the server reads one spreadsheet at a time, in a
    subprocess with limited memory and time, which is all that a malicious file can crash."""

    max_memory: int = MAX_MEMORY
    max_seconds: int = MAX_SECONDS

    @contextmanager
    def as_csv(self, content: Iterable[bytes]) -> Generator[Sheet]:
        data = _read(content)
        with TemporaryFile() as out:
            if not _one_at_a_time.acquire(blocking=False):
                raise Unavailable("Another spreadsheet is being read. Try again.", retry_after=timedelta(seconds=5))
            try:
                name = self._write(data, out)
            finally:
                _one_at_a_time.release()
            yield Sheet(name, partial(_blocks, out))

    def _write(self, content: bytes, out: IO[bytes]) -> str:
        """Writes the sheet as CSV and returns its name."""
        limits = map(str, (self.max_memory, self.max_seconds, MAX_WRITTEN))
        environment = {name: value for name, value in os.environ.items() if name in _ENVIRONMENT}
        try:  # no shell, and no user input in the command
            result = subprocess.run(  # noqa: S603  # nosec B603
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
        if result.returncode == _UNREADABLE:
            raise _file_error(
                "unreadable", "The spreadsheet is damaged, is not an .xlsx or .ods file, or has too many cells."
            )
        if result.returncode == _PROTECTED:
            raise _file_error("protected", "Must not be protected by a password.")
        if result.returncode:
            raise _too_large()
        return result.stderr.decode(errors="replace").replace("\0", "")


def _read(content: Iterable[bytes]) -> bytes:
    data = bytearray()
    for block in content:
        data += block
        if len(data) > MAX_BYTES:
            raise _too_large()
    if not data.startswith(_SIGNATURE):
        raise _file_error("format", "Must be an .xlsx or .ods file.")
    return bytes(data)


def _blocks(out: IO[bytes]) -> Iterator[bytes]:
    out.seek(0)
    while block := out.read(_BLOCK_BYTES):
        yield block


def _too_large() -> ValidationError:
    return _file_error("too_large", "The spreadsheet is too large. Save the sheet as CSV.")


def _file_error(code: str, message: str) -> ValidationError:
    return ValidationError([FieldError("file", code, message)])
