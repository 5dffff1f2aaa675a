from collections.abc import Callable
from contextlib import suppress

from dependency_injector.wiring import Provide, inject
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from adapters.http_api.rest.errors import answer_core
from adapters.http_api.rest.paths import API_PATHS
from core.errors import TooManyRequests
from core.ports import RateLimiter, RateLimitScope

_UNCOUNTED = (*API_PATHS, "/health/", "/metrics", "/static/")


class PageLimitsMiddleware:
    """Counts calls of pages as `Throttle` does those of the API: by who is signed in, otherwise by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_UNCOUNTED):
            try:
                _count(request)
            except TooManyRequests as error:
                return answer_core(request, error)
        return self._get_response(request)


@inject
def _count(request: HttpRequest, limiter: RateLimiter = Provide["limiter"]) -> None:
    limiter.acquire(*_caller(request))


def _caller(request: HttpRequest) -> tuple[RateLimitScope, str]:
    with suppress(OperationalError, InterfaceError):  # the page itself answers that the database is down
        if request.user.is_authenticated:
            return RateLimitScope.USER, f"user:{request.user.pk}"
    return RateLimitScope.ANONYMOUS, request.META.get("REMOTE_ADDR", "")
