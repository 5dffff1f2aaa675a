from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from adapters.http_api.rest.errors import answer_plain
from adapters.http_api.rest.paths import API_PATHS

MAX_HEADER_BYTES = 16 * 1024
MAX_URL_BYTES = 10_000
MAX_FORM_BYTES = 64 * 1024
_UPLOAD = "/console/import/"


class BoundsMiddleware:
    """Refuses requests that are too large, before they are parsed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        headers = {name: value for name, value in request.META.items() if name.startswith(("HTTP_", "CONTENT_"))}
        if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADER_BYTES:
            return answer_plain(request, 431)
        if len(request.path_info) + len(request.META.get("QUERY_STRING", "")) > MAX_URL_BYTES:
            return answer_plain(request, 414)
        if _is_page(request) and _body_length(request) > MAX_FORM_BYTES:
            return answer_plain(request, 413)
        return self._get_response(request)


def _is_page(request: HttpRequest) -> bool:
    """Views of the API and of uploads check the size of a body after they have authenticated the caller."""
    return not request.path_info.startswith(API_PATHS) and request.path_info != _UPLOAD


def _body_length(request: HttpRequest) -> float:
    length = request.META.get("CONTENT_LENGTH", "")
    return float(length) if length.isdecimal() else 0
