"""Content negotiation by RFC 9110: which form an answer takes, and which bodies are read."""

import re
from collections.abc import Iterable
from typing import TypeVar

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"  # RFC 7396, which is how every PATCH here is read
ACCEPT_PATCH = f"{JSON}, {MERGE_PATCH}"
MAX_RANGES = 64

R = TypeVar("R", bound=BaseRenderer)
P = TypeVar("P", bound=BaseParser)


class Negotiation(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[P]) -> P | None:
        """None, hence 415, for a type that no parser has by its very name, and for text that is not UTF-8."""
        given = MediaType(request.content_type or "")
        if given.params.get("charset", "utf-8").lower() != "utf-8":
            return None
        name = f"{given.main_type}/{given.sub_type}"
        if name == MERGE_PATCH and request.method == "PATCH":
            name = JSON
        return next((parser for parser in parsers if parser.media_type == name), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[R], format_suffix: str | None = None
    ) -> tuple[R, str]:
        """The one that `Accept` weights highest, the first among equals. Raises `NotAcceptable`."""
        ranges = _ranges(request.headers.get("Accept", ""))
        best = max(renderers, key=lambda renderer: _weight(renderer, ranges))
        if not _weight(best, ranges):
            raise NotAcceptable
        return best, str(best.media_type)


def _ranges(accept: str) -> list[MediaType]:
    """Those that can be read. A header that has none asks for nothing in particular."""
    elements = (element.strip() for element in accept.split(",")[:MAX_RANGES])
    # A lone asterisk is not in the standard, but some clients have always sent it.
    ranges = [MediaType(re.sub(r"^\*\s*(?=;|$)", "*/*", element)) for element in elements]
    return [one for one in ranges if one.main_type and one.sub_type] or [MediaType("*/*")]


def _weight(renderer: BaseRenderer, ranges: Iterable[MediaType]) -> float:
    """What the most specific range that names it gives it, whatever its parameters; 0 where none does."""
    main, _, sub = str(renderer.media_type).partition("/")
    named = [
        (one.main_type != "*", one.sub_type != "*", float(one.quality))
        for one in ranges
        if one.main_type in {"*", main} and one.sub_type in {"*", sub}
    ]
    return max(named)[2] if named else 0
