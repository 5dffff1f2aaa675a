"""Pieces of a size worth sending."""

from collections.abc import Iterable, Iterator

MIN_BLOCK_BYTES = 32 * 1024


def in_blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of `MIN_BLOCK_BYTES` or more; the last may be shorter."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= MIN_BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
