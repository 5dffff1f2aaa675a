from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from adapters.http_api.errors import problem


class ApiMiddleware:
    """Answers every API path with and without its final slash, and refuses what would be ignored or lost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self._get_response(request)
        if "Idempotency-Key" in request.headers:
            detail = (
                "This registry does not take idempotency keys. Send the request without the Idempotency-Key header."
            )
            return problem(request, 400, "idempotency-key-not-supported", detail, {})
        if _length_is_missing(request):
            return problem(request, 411, "length-required", "Send the body's length: Content-Length.", {})
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        return self._get_response(request)


def _length_is_missing(request: HttpRequest) -> bool:
    """WSGI hands over a body of unknown length as an empty one: what was sent would be lost without a word."""
    if request.method not in {"POST", "PUT", "PATCH"} or request.headers.get("Content-Length"):
        return False
    return "Transfer-Encoding" in request.headers or bool(request.headers.get("Content-Type"))
