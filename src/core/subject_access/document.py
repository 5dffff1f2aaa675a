"""One JSON document, written page by page."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from core.files.blocks import in_blocks

Pages = Iterator[Sequence[Mapping[str, object]]]


def write_document(members: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    """An object with these members, in blocks. Pages become one list, with an item on each line."""
    return in_blocks(_parts(members))


def _parts(members: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    for number, (name, value) in enumerate(members):
        yield b"%s\n%s: " % (b"," if number else b"{", _json(name))
        if isinstance(value, Iterator):
            yield from _list(cast("Pages", value))
        else:
            yield _json(value)
    yield b"\n}\n"


def _list(pages: Pages) -> Iterator[bytes]:
    between = b"["
    for page in pages:
        for item in page:
            yield between + b"\n" + _json(item)
            between = b","
    yield b"[]" if between == b"[" else b"\n]"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain).encode()


def _plain(value: datetime | UUID) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
