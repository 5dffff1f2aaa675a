from math import ceil

from dependency_injector.wiring import Provide, inject
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.accounts.sessions import Principal
from core.errors import TooManyRequests
from core.ports import Quota, RateLimit, RateLimiter, RateLimitScope


class Throttle(BasePermission):
    """Counts each request by account, or by address without an access token. A view's `throttle_scope` names a second
    scope for its requests. A DRF permission and not a DRF throttle, because DRF checks throttles after permissions, and
    refused requests count too. Raises `TooManyRequests`."""

    @inject
    def has_permission(self, request: Request, view: object, limiter: RateLimiter = Provide["limiter"]) -> bool:
        if isinstance(request.auth, Principal):
            scope, who = RateLimitScope.USER, request.auth.actor.name
        else:
            scope, who = RateLimitScope.ANONYMOUS, request.META.get("REMOTE_ADDR", "")
        count_call(request, limiter, scope, who)
        narrower: RateLimitScope | None = getattr(view, "throttle_scope", None)
        if narrower is not None:
            count_call(request, limiter, narrower, who)
        return True


def count_call(request: Request, limiter: RateLimiter, scope: RateLimitScope, who: str) -> None:
    """Adds the headers of draft-ietf-httpapi-ratelimit-headers-10. Raises `TooManyRequests`."""
    quota = None
    try:
        quota = limiter.acquire(scope, who)
    except TooManyRequests as error:
        quota = Quota(0, error.retry_after) if error.retry_after else None
        raise
    finally:
        if quota and scope in limiter.limits:
            _add_headers(request, scope, limiter.limits[scope], quota)


def _add_headers(request: Request, scope: RateLimitScope, limit: RateLimit, quota: Quota) -> None:
    headers: dict[str, str] = request.parser_context["view"].headers  # DRF adds them to every response
    seconds = ceil(quota.resets_in.total_seconds())
    for name, item in {
        "RateLimit-Policy": f'"{scope}";q={limit.calls};w={limit.seconds}',
        "RateLimit": f'"{scope}";r={quota.calls};t={seconds}',
    }.items():
        headers[name] = f"{headers[name]}, {item}" if name in headers else item
