"""Compressed responses."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from attrs import frozen
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.request import MediaType
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.text import compress_sequence, compress_string

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIN_BYTES = 1_000  # a shorter body fits into one packet
MAX_BYTES = 500_000  # a longer body takes too long to compress
MAX_CODINGS = 16
_MEDIA = {"application/json", "application/vnd.oai.openapi+json", "application/x-ndjson", "text/csv"}
_SEARCH = "/api/v1/patients/search/"
_CODED = re.compile('-(?:zstd|gzip)(?=")')


def _zstd_sequence(pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zstd.ZstdCompressor()
    for piece in pieces:
        if compressed := compressor.compress(piece):
            yield compressed
    yield compressor.flush()


@frozen
class Coding:
    name: str
    compress: Callable[[bytes], bytes]
    compress_sequence: Callable[[Iterable[bytes]], Iterator[bytes]]

    def tag(self, tag: str) -> str:
        """Different bytes need a different tag."""
        return f'{tag[:-1]}-{self.name}"'


CODINGS = (Coding("zstd", zstd.compress, _zstd_sequence), Coding("gzip", compress_string, compress_sequence))


class CompressionMiddleware:
    """Compresses responses to reads of the API if `Accept-Encoding` asks for it. Other responses are short, or have
    tokens or keys, which are never compressed.

    The entity tag of a compressed answer ends in its coding. The ending is taken off the tags in requests, so that the
    views know one tag of each body. `If-None-Match` of a read is checked here, against the tag of the coded response:
    another coding of it is another representation (RFC 9110, section 8.8.3.3).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self._get_response(request)
        reads = request.method in {"GET", "HEAD"}
        known: list[str] = []
        if tags := {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"} & request.META.keys():
            known = parse_etags(request.META.pop("HTTP_IF_NONE_MATCH", "")) if reads else []
            for name in tags & request.META.keys():
                request.META[name] = _CODED.sub("", request.META[name])
            vars(request).pop("headers", None)  # Django's copy of them
        response = self._get_response(request)
        coding = None
        if (reads or request.path_info == _SEARCH) and _may_be_compressed(response):
            patch_vary_headers(response, ["Accept-Encoding"])
            coding = preferred(request.headers.get("Accept-Encoding", "")) if _is_worth_it(response) else None
        tag = response.headers.get("ETag")
        if coding and tag:
            tag = response.headers["ETag"] = coding.tag(tag)
        if response.status_code == 200 and tag and (known == ["*"] or tag in (one.removeprefix("W/") for one in known)):
            return _not_modified(response)
        if coding:
            _compress(response, coding)
        return response


def preferred(accept_encoding: str) -> Coding | None:
    """The coding that is weighted highest, zstd among equals; None where the body is to be sent as it is. Each has to
    be named: `*` is sent by clients that can read none."""
    named = [MediaType(element) for element in accept_encoding.split(",")[:MAX_CODINGS]]
    weights = {one.main_type: float(one.quality) for one in named}
    best = max(CODINGS, key=lambda coding: weights.get(coding.name, 0))
    return best if weights.get(best.name, 0) > 0 and weights[best.name] >= weights.get("identity", 0) else None


def _may_be_compressed(response: HttpResponse | StreamingHttpResponse) -> bool:
    media = response.headers.get("Content-Type", "").partition(";")[0]
    return response.status_code == 200 and media in _MEDIA and "Content-Encoding" not in response.headers


def _is_worth_it(response: HttpResponse | StreamingHttpResponse) -> bool:
    return isinstance(response, StreamingHttpResponse) or MIN_BYTES <= len(response.content) <= MAX_BYTES


def _compress(response: HttpResponse | StreamingHttpResponse, coding: Coding) -> None:
    response.headers["Content-Encoding"] = coding.name
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = coding.compress_sequence(cast("Iterator[bytes]", response.streaming_content))
    else:
        response.content = coding.compress(response.content)


def _not_modified(response: HttpResponse) -> HttpResponse:
    """The response without its body."""
    response.status_code = 304
    response.content = b""
    return response
