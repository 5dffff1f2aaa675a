"""The ledger of erasures as a file: one line for each, with a time and a patient's id."""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from attrs import frozen

from core.errors import Unavailable
from core.patients.audit import Erasure
from core.patients.ports import ErasureLedger

_LINE = re.compile(r"(\S+) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


@frozen
class FileErasureLedger(ErasureLedger):
    """Only appends, under a lock that processes share, and waits until the line is on the disk. A line that a crash cut
    off is left as it is and skipped."""

    path: Path
    after_commit: Callable[[Callable[[], None]], None]

    def record(self, erasure: Erasure) -> None:
        self.after_commit(lambda: self._append(f"{erasure.at.isoformat()} {erasure.patient_id}\n".encode()))

    def read(self) -> Iterator[Erasure]:
        try:
            with self.path.open(errors="replace") as file:
                yield from filter(None, map(_parsed, file))
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unavailable(f"The ledger of erasures cannot be read: {error.strerror}.") from None

    def _append(self, line: bytes) -> None:
        try:
            with open(self.path, "ab+", opener=_private) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if end := file.seek(0, os.SEEK_END):
                    file.seek(end - 1)
                    line = line if file.read(1) == b"\n" else b"\n" + line
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
                if not end:
                    _sync_directory(self.path.parent)
        except OSError as error:
            raise Unavailable(
                f"The patient is erased, but not in the ledger of erasures: {error.strerror}. "
                "The registry writes it there within a day."
            ) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(path: Path) -> None:
    """So that a new file is still there after a crash."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _parsed(line: str) -> Erasure | None:
    if found := _LINE.fullmatch(line.strip()):
        with suppress(ValueError):
            return Erasure(UUID(found[2]), datetime.fromisoformat(found[1]))
    return None
