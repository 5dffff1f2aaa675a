from collections.abc import Iterable, Iterator

MIN_BLOCK_BYTES = 32 * 1024


def in_blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Joins parts into blocks of at least `MIN_BLOCK_BYTES`, except for the last."""
    pending: list[bytes] = []
    size = 0
    for part in parts:
        pending.append(part)
        size += len(part)
        if size >= MIN_BLOCK_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)
