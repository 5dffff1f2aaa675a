"""The cursors of pages: opaque to callers, base64 of the position of the last result."""

import base64
from struct import Struct
from typing import Any, TypedDict, cast
from uuid import UUID

from core.errors import InvalidValue, parse_field

_ID = Struct(">16s")
_RECORD = Struct(">16sI")  # id, version


class Paging(TypedDict, total=False):
    after: UUID
    limit: int


def paging(parameters: dict[str, object]) -> Paging:
    """`limit` and `cursor`, as use cases that page by ids take them. Raises `ValidationError`."""
    if "cursor" in parameters:
        [after] = parse_field("cursor", lambda raw: decode_cursor(_ID, raw), parameters.pop("cursor"))
        parameters["after"] = UUID(bytes=after)
    return cast("Paging", parameters)


def id_cursor(last: UUID | None) -> str | None:
    return encode_cursor(_ID, last.bytes) if last else None


def record_cursor(record_id: UUID, version: int) -> str:
    return encode_cursor(_RECORD, record_id.bytes, version)


def parse_record_cursor(raw: object) -> tuple[UUID, int]:
    """The id and the version of the last record. Raises `InvalidValue`."""
    record_id, version = decode_cursor(_RECORD, raw)
    return UUID(bytes=record_id), version


def encode_cursor(layout: Struct, *values: bytes | int | float) -> str:
    return base64.urlsafe_b64encode(layout.pack(*values)).rstrip(b"=").decode()


def decode_cursor(layout: Struct, raw: object) -> tuple[Any, ...]:
    """The values that `encode_cursor` got. Raises `InvalidValue`."""
    try:
        text = raw if isinstance(raw, str) else ""
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        value = b""
    if len(value) != layout.size:
        raise InvalidValue("invalid", "Must be the `next_cursor` of the previous page.")
    return layout.unpack(value)
