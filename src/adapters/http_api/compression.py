"""Compressed answers, for callers that ask for them."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from attrs import frozen
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.request import MediaType
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_sequence, compress_string

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIN_BYTES = 1_000  # what is shorter fits into one packet as it is
MAX_BYTES = 500_000  # what is longer takes longer to compress than anybody's call may take
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
        """Other bytes need another tag."""
        return f'{tag[:-1]}-{self.name}"'


CODINGS = (Coding("zstd", zstd.compress, _zstd_sequence), Coding("gzip", compress_string, compress_sequence))


class CompressionMiddleware:
    """Compresses what reads of the API are answered with, where `Accept-Encoding` asks for it. Answers to other
    requests are short, or carry tokens and keys, which are never compressed.

    The entity tag of a compressed answer ends in its coding. The ending is taken off the tags in requests, so that the
    views know one tag of each body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self._get_response(request)
        known = request.META.get("HTTP_IF_NONE_MATCH", "")
        for name in {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"} & request.META.keys():
            request.META[name] = _CODED.sub("", request.META[name])
            vars(request).pop("headers", None)  # Django's copy of them
        response = self._get_response(request)
        if _is_read(request) and _may_be_compressed(response):
            patch_vary_headers(response, ["Accept-Encoding"])
            if coding := preferred(request.headers.get("Accept-Encoding", "")):
                _compress(response, coding, known)
        return response


def preferred(accept_encoding: str) -> Coding | None:
    """The coding that is weighted highest, zstd among equals; None where the body is to be sent as it is. Each has to
    be named: `*` is sent by clients that can read none."""
    named = [MediaType(element) for element in accept_encoding.split(",")[:MAX_CODINGS]]
    weights = {one.main_type: float(one.quality) for one in named}
    best = max(CODINGS, key=lambda coding: weights.get(coding.name, 0))
    return best if weights.get(best.name, 0) > 0 and weights[best.name] >= weights.get("identity", 0) else None


def _is_read(request: HttpRequest) -> bool:
    return request.method in {"GET", "HEAD"} or request.path_info == _SEARCH


def _may_be_compressed(response: HttpResponse | StreamingHttpResponse) -> bool:
    if response.status_code == 304:
        return True
    media = response.headers.get("Content-Type", "").partition(";")[0]
    return response.status_code == 200 and media in _MEDIA and "Content-Encoding" not in response.headers


def _compress(response: HttpResponse | StreamingHttpResponse, coding: Coding, known: str) -> None:
    """`known` are the tags that the caller has: a 304 carries the one of the body that they keep."""
    tag = response.headers.get("ETag")
    if response.status_code == 304:
        if tag and coding.tag(tag) in known:
            response.headers["ETag"] = coding.tag(tag)
        return
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = coding.compress_sequence(cast("Iterator[bytes]", response.streaming_content))
    elif not MIN_BYTES <= len(response.content) <= MAX_BYTES:
        return
    else:
        response.content = coding.compress(response.content)
    response.headers["Content-Encoding"] = coding.name
    if tag:
        response.headers["ETag"] = coding.tag(tag)
