"""Decoding a response body, which is untrusted."""

import json
import zlib
from codecs import BOM_UTF8
from typing import cast

from adapters.external.transport.http import HttpResponse
from core.errors import InvalidUpstreamResponse

_GZIP = {"gzip", "x-gzip"}  # synonyms (RFC 9110, section 8.4.1.3)
_TOO_LARGE = "The upstream system sent a response that is too large."
_NOT_DECODABLE = "The upstream system sent a response with an invalid content encoding."
_NOT_JSON = "The upstream system did not respond with valid JSON."


async def read_object(response: HttpResponse, max_bytes: int) -> dict[str, object]:
    """`max_bytes` limits the body both as sent and as decompressed. Raises `InvalidUpstreamResponse`, `HttpError`."""
    _require_json(response.headers.get("Content-Type", ""))
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", *_GZIP}:
        raise InvalidUpstreamResponse(_NOT_DECODABLE)
    body = await response.read(max_bytes)
    return parse_object(_gunzip(body, max_bytes) if encoding in _GZIP else body)


def _require_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json:
        raise InvalidUpstreamResponse(_NOT_JSON)


def _gunzip(compressed: bytes, max_bytes: int) -> bytes:
    gzip = zlib.decompressobj(wbits=31)
    try:
        body = gzip.decompress(compressed, max_bytes + 1)
    except zlib.error:
        raise InvalidUpstreamResponse(_NOT_DECODABLE) from None
    if len(body) > max_bytes:
        raise InvalidUpstreamResponse(_TOO_LARGE)
    if not gzip.eof or gzip.unused_data:
        raise InvalidUpstreamResponse(_NOT_DECODABLE)
    return body


def parse_object(body: bytes) -> dict[str, object]:
    """A JSON object in UTF-8 with unique names, finite numbers and well-formed strings. A byte order mark is ignored
    (RFC 8259, section 8.1).

    Raises `InvalidUpstreamResponse`.
    """
    try:
        value: object = json.loads(body.removeprefix(BOM_UTF8).decode(), object_pairs_hook=_unique)
        # Python reads NaN, 1e999 and lone surrogates, but cannot write them as strict JSON in UTF-8.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise InvalidUpstreamResponse(_NOT_JSON) from None
    if not isinstance(value, dict):
        raise InvalidUpstreamResponse("The upstream system did not respond with a JSON object.")
    return cast("dict[str, object]", value)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value
