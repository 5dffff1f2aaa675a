from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from adapters.http_api.errors import answer_core, problem
from core.errors import RegistryError, Unavailable


class ApiMiddleware:
    """Answers every API path with and without its final slash, and refuses what would be ignored or lost. Answers are
    kept by no cache, but for those that say so themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self._get_response(request)
        response = self._answer(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
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

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Pages that are not the API's say the same of what failed."""
        if isinstance(error, OperationalError | InterfaceError):
            error = Unavailable()
        return answer_core(request, error) if isinstance(error, RegistryError) else None


def _length_is_missing(request: HttpRequest) -> bool:
    """WSGI hands over a body of unknown length as an empty one: what was sent would be lost without a word."""
    if request.method not in {"POST", "PUT", "PATCH"} or request.headers.get("Content-Length"):
        return False
    return "Transfer-Encoding" in request.headers or bool(request.headers.get("Content-Type"))
