"""Reading what an upstream sent, which may be anything."""

import asyncio
import json
import zlib
from codecs import BOM_UTF8
from contextlib import suppress

import httpx

from core.errors import InvalidAnswer

PASSED_OVER = 16 * 1024  # bytes
PATIENCE = 0.1  # seconds
_GZIP = {"gzip", "x-gzip"}  # the same (RFC 9110, section 8.4.1.3)
_TOO_LARGE = "The upstream system sent an answer that is too large."
_BROKEN = "The upstream system sent an answer that is packed wrongly."
_NOT_JSON = "The upstream system did not answer with valid JSON."


async def read_object(response: httpx.Response, max_bytes: int) -> dict[str, object]:
    """`max_bytes` is the most that is read, and the most that is unpacked.

    Raises `InvalidAnswer`, and what httpx raises while the body arrives.
    """
    _require_json(response.headers.get("Content-Type", ""))
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", *_GZIP}:
        raise InvalidAnswer(_BROKEN)
    body = await _read(response, max_bytes)
    return parse_object(_unpacked(body, max_bytes) if encoding in _GZIP else body)


async def pass_over(response: httpx.Response) -> None:
    """Reads a body that says nothing, so that the connection is good for the next request. One that is long or late is
    not worth that."""
    with suppress(httpx.TransportError, OSError):
        async with asyncio.timeout(PATIENCE):
            passed = 0
            async for chunk in response.aiter_raw():
                passed += len(chunk)
                if passed > PASSED_OVER:
                    return


def _require_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json:
        raise InvalidAnswer(_NOT_JSON)


async def _read(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise InvalidAnswer(_TOO_LARGE)
    return bytes(body)


def _unpacked(packed: bytes, max_bytes: int) -> bytes:
    gzip = zlib.decompressobj(wbits=31)
    try:
        body = gzip.decompress(packed, max_bytes + 1)
    except zlib.error:
        raise InvalidAnswer(_BROKEN) from None
    if len(body) > max_bytes:
        raise InvalidAnswer(_TOO_LARGE)
    if not gzip.eof or gzip.unused_data:
        raise InvalidAnswer(_BROKEN)
    return body


def parse_object(body: bytes) -> dict[str, object]:
    """A JSON object in UTF-8, of names that differ, finite numbers and well-formed strings. A byte order mark is
    ignored (RFC 8259, section 8.1).

    Raises `InvalidAnswer`.
    """
    try:
        value = json.loads(body.removeprefix(BOM_UTF8).decode(), object_pairs_hook=_without_duplicates)
        # What json reads but cannot write as strict UTF-8 is not JSON: NaN, 1e999, half of a surrogate pair.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise InvalidAnswer(_NOT_JSON) from None
    if not isinstance(value, dict):
        raise InvalidAnswer("The upstream system did not answer with a JSON object.")
    return value


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value
