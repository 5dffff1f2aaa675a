import re
from collections.abc import Callable
from functools import cache
from time import perf_counter
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from adapters.telemetry import trace_context
from adapters.telemetry.metrics import METHODS, count_request
from adapters.telemetry.observed import collected
from core.access import Actor

_ANONYMOUS = Actor.anonymous("").name
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class RequestContextMiddleware:
    """Gives each request an id, puts it into the logs and the answer, and counts the answer and logs it once, with the
    use cases that were called for it.

    Each line has the actor: anonymous, until authentication binds another `actor` in structlog's context.
    The caller's `X-Request-ID` and `traceparent` are taken where they are well formed. Views find the id as
    `request.META["REQUEST_ID"]`. The route is the pattern, without the ids and the query that stand in the URL,
    and any but the usual methods is `other`: a caller may write anything there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._log = structlog.stdlib.get_logger("patient_registry.requests")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
        request.META["REQUEST_ID"] = request_id
        trace = trace_context.continued(request.headers.get("traceparent", ""))
        started = perf_counter()
        bound = structlog.contextvars.bound_contextvars(request_id=request_id, actor=_ANONYMOUS, **trace)
        with bound, collected() as use_cases:
            response = self._get_response(request)
            seconds = perf_counter() - started
            route = readable(request.resolver_match.route) if request.resolver_match else "unknown"
            method = request.method if request.method in METHODS else "other"
            count_request(method, route, response.status_code, seconds)
            self._log.info(
                "request",
                method=method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
                use_cases=use_cases,
            )
        response["X-Request-ID"] = request_id
        return response


@cache
def readable(pattern: str) -> str:
    """`/notices/<slug>` for `^notices/(?P<slug>[a-z0-9-]{1,80})/?$`."""
    named = re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", pattern)
    return "/" + re.sub(r"\^|(/\?)?\$", "", named)
