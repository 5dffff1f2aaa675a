import re
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from psycopg.errors import UndefinedColumn, UndefinedTable
from rest_framework.views import APIView

from adapters.http_api.rest.errors import answer_core, bad_request, problem
from adapters.http_api.rest.negotiation import ACCEPT_PATCH
from adapters.http_api.rest.paths import API_PATHS
from core.errors import RegistryError, Unavailable

_UUID = re.compile("(?<=/)[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?=/)")


class ContentLengthMiddleware(CommonMiddleware):
    """Django's, but for answers that have no body: RFC 9110 8.6 wants no length there."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code not in {204, 304}:
            return super().process_response(request, response)
        response.headers.pop("Content-Type", None)
        return response


class ApiMiddleware:
    """Answers every API path with and without its final slash, ids in either case, and OPTIONS; refuses what would be
    ignored or lost. Answers are kept by no cache, but for those that say so themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API_PATHS):
            return self._get_response(request)
        response = self._answer(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not re.fullmatch("[0-9]{0,18}", request.headers.get("Content-Length", "")):
            return bad_request(request)
        if _length_is_missing(request):
            return problem(request, 411, "length-required", "Send the body's length: Content-Length.", {})
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            detail = "Send the body as it is, without a Content-Encoding."
            return problem(request, 415, "unsupported-media-type", detail, {"Accept-Encoding": "identity"})
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        request.path_info = _UUID.sub(lambda found: found[0].lower(), request.path_info)
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: object) -> HttpResponse | None:
        """Says what an address takes, to anybody: the schema says it too."""
        kind = getattr(view, "view_class", None)
        if request.method != "OPTIONS" or kind is None or not issubclass(kind, APIView):
            return None
        headers = {"Allow": ", ".join(_allowed_methods(kind))}
        if hasattr(kind, "patch"):
            headers["Accept-Patch"] = ACCEPT_PATCH
        return HttpResponse(status=204, headers=headers)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Pages that are not the API's say the same of what failed."""
        before_migrations = isinstance(error.__cause__, UndefinedColumn | UndefinedTable)
        if isinstance(error, OperationalError | InterfaceError) or before_migrations:
            error = Unavailable()
        return answer_core(request, error) if isinstance(error, RegistryError) else None


def _allowed_methods(view: type[APIView]) -> list[str]:
    found = [name.upper() for name in view.http_method_names if hasattr(view, name)]
    return [*found, "HEAD"] if "GET" in found and "HEAD" not in found else found


def _length_is_missing(request: HttpRequest) -> bool:
    """WSGI hands over a body of unknown length as an empty one: what was sent would be lost without a word."""
    if request.method not in {"POST", "PUT", "PATCH"} or request.headers.get("Content-Length"):
        return False
    return "Transfer-Encoding" in request.headers or bool(request.headers.get("Content-Type"))
