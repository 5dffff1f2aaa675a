import json
from collections import Counter
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.http import HttpRequest
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from adapters.http_api.rest.errors import BodyTooLarge, MalformedBody
from adapters.http_api.rest.queries import REPEATED
from core.errors import ErrorCollector, FieldError, ValidationError

MAX_BODY_BYTES = 500_000
MAX_BRACKETS = 25_000  # those inside strings count too
MAX_CREDENTIALS_BYTES = 4096


def content_length(request: HttpRequest | Request) -> int:
    """0 without a body. Raises `ValueError` if the header is not a number, which `ApiMiddleware` has excluded."""
    return int(request.headers.get("Content-Length") or 0)


class JsonParser(BaseParser):
    """Raises `ValidationError` for repeated members, of which all but one would be lost."""

    media_type = "application/json"
    max_bytes = MAX_BODY_BYTES

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:  # any JSON value
        if parser_context and content_length(parser_context["request"]) > self.max_bytes:
            raise BodyTooLarge
        body = stream.read(self.max_bytes + 1)
        if len(body) > self.max_bytes:
            raise BodyTooLarge
        if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
            raise ValidationError([FieldError("", "too_many", "Must have fewer lists and objects.")])
        try:
            value = orjson.loads(body)
            _ensure_no_repeated_members(body)
        except (orjson.JSONDecodeError, RecursionError):
            raise MalformedBody from None
        return value


class CredentialsParser(JsonParser):
    """For views that read a body before they know the caller."""

    max_bytes = MAX_CREDENTIALS_BYTES


def _ensure_no_repeated_members(body: bytes) -> None:
    """orjson silently keeps the last one."""
    errors = ErrorCollector()

    def check(pairs: list[tuple[str, object]]) -> None:
        if len(pairs) != len({name for name, _ in pairs}):
            counts = Counter(name for name, _ in pairs)
            for name in (name for name, count in counts.items() if count > 1):
                errors.add(name, "repeated", REPEATED)

    json.loads(body, object_pairs_hook=check, parse_int=len, parse_float=len)
    errors.raise_if_any()
