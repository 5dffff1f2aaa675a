import re
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from core.accounts.ports import BreachedPasswords
from core.errors import Unavailable

_LINE = re.compile(rb"([0-9A-F]{40}):[0-9]{1,20}\r?\n?")
_MAX_LINE_BYTES = 64
_SAMPLES = 100


@frozen
class BreachedPasswordsFile(BreachedPasswords):
    """A file in the format of Have I Been Pwned: a line `SHA1:count` for each password, sorted, in upper case.

    A look-up reads some 40 lines of the largest file, by binary search. It opens the file, so that a newer one can be
    moved into its place.
    """

    path: Path

    def contains(self, password: str) -> bool:
        wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        try:
            with self.path.open("rb") as file:
                return _search(file, wanted)
        except (OSError, ValueError):
            raise Unavailable("The list of breached passwords cannot be read.") from None

    def check(self) -> None:
        """Reads a hundred lines. Raises `ValueError` if the file cannot be read, or lines are malformed or unsorted."""
        try:
            with self.path.open("rb") as file:
                hashes = [found for found, _, _ in _samples(file)]
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}.") from None
        if not hashes:
            raise ValueError("is empty.")
        if hashes != sorted(hashes):
            raise ValueError("is not sorted by hash.")


def _search(file: BinaryIO, wanted: bytes) -> bool:
    low, high = 0, _size(file)
    while low < high:
        found, start, end = _line_at(file, (low + high) // 2)
        if found == wanted:
            return True
        if found < wanted:
            low = end
        else:
            high = start
    return False


def _samples(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    size = _size(file)
    for number in range(_SAMPLES if size else 0):
        yield _line_at(file, (size - 1) * number // (_SAMPLES - 1))


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _line_at(file: BinaryIO, position: int) -> tuple[bytes, int, int]:
    """The hash in the line around the position, and where that line starts and ends. Raises `ValueError`."""
    first = max(0, position - _MAX_LINE_BYTES)
    file.seek(first)
    block = file.read(2 * _MAX_LINE_BYTES)
    start = block.rfind(b"\n", 0, position - first) + 1
    end = block.find(b"\n", position - first) + 1 or len(block)
    line = _LINE.fullmatch(block[start:end])
    if line is None:
        raise ValueError("must have lines of 40 hexadecimal digits in upper case, a colon and a count.")
    return line[1], first + start, first + end
