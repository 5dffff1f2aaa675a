"""Splitting blocks of a file into lines."""

from collections import deque
from collections.abc import Iterable, Iterator

MAX_RECORD_BYTES = 64 * 1024  # including the line end
MAX_RECORD_LINES = 100  # bounds how far a stray quote is followed from each line
MAX_KEPT_BYTES = 1024 * 1024  # of a longer record


class Lines(Iterator[bytes]):
    """Each line with its line feed, truncated to `MAX_KEPT_BYTES + 1` bytes. Holds one block at a time."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._ready: deque[bytes] = deque()
        self._rest = bytearray()
        self._dropped = 0
        self._truncated: tuple[bytes, int] = (b"", 0)

    def __next__(self) -> bytes:
        if not self._ready:
            self._fill()
        return self._ready.popleft()

    def put_back(self, lines: list[bytes]) -> None:
        self._ready.extendleft(reversed(lines))

    def size(self, line: bytes) -> int:
        """The size of the line in the file, in bytes."""
        truncated, dropped = self._truncated
        return len(line) + (dropped if line is truncated else 0)

    def _fill(self) -> None:
        for block in self._blocks:
            first, *others = block.split(b"\n")
            self._keep(first)
            if others:
                last = others.pop()
                self._finish(b"\n")
                self._ready.extend([line + b"\n" for line in others])
                self._keep(last)
                return
        if not self._rest:
            raise StopIteration
        self._finish(b"")

    def _keep(self, part: bytes) -> None:
        kept = part[: MAX_KEPT_BYTES + 1 - len(self._rest)]
        self._rest += kept
        self._dropped += len(part) - len(kept)

    def _finish(self, line_end: bytes) -> None:
        line = bytes(self._rest) + line_end
        if self._dropped:
            self._truncated = (line, self._dropped)
        self._ready.append(line)
        self._rest.clear()
        self._dropped = 0


def without_line_end(record: bytes) -> bytes:
    return record.removesuffix(b"\n").removesuffix(b"\r")
