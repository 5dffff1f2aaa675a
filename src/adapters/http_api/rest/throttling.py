from math import ceil

from dependency_injector.wiring import Provide, inject
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.accounts.sessions import SignedIn
from core.errors import TooManyRequests
from core.ports import Quota, RateLimit, RateLimiter, RateLimitScope


class Throttle(BasePermission):
    """Counts each call of whoever is signed in, and of an address that calls without signing in. A view's
    `throttle_scope` names a scope that its calls count in as well. A permission, as DRF asks its own throttles after
    the permissions, and calls that those refuse count too. Raises `TooManyRequests`."""

    @inject
    def has_permission(self, request: Request, view: object, limiter: RateLimiter = Provide["limiter"]) -> bool:
        if isinstance(request.auth, SignedIn):
            scope, who = RateLimitScope.USER, request.auth.actor.name
        else:
            scope, who = RateLimitScope.ANONYMOUS, request.META.get("REMOTE_ADDR", "")
        count_call(request, limiter, scope, who)
        narrower: RateLimitScope | None = getattr(view, "throttle_scope", None)
        if narrower is not None:
            count_call(request, limiter, narrower, who)
        return True


def count_call(request: Request, limiter: RateLimiter, scope: RateLimitScope, who: str) -> None:
    """The answer says what is left, as draft-ietf-httpapi-ratelimit-headers-10 has it. Raises `TooManyRequests`."""
    quota = None
    try:
        quota = limiter.acquire(scope, who)
    except TooManyRequests as refused:
        quota = Quota(0, refused.retry_after) if refused.retry_after else None
        raise
    finally:
        if quota and scope in limiter.limits:
            _tell(request, scope, limiter.limits[scope], quota)


def _tell(request: Request, scope: RateLimitScope, limit: RateLimit, quota: Quota) -> None:
    headers: dict[str, str] = request.parser_context["view"].headers  # DRF adds them to whatever is answered
    seconds = ceil(quota.resets_in.total_seconds())
    for name, item in {
        "RateLimit-Policy": f'"{scope}";q={limit.calls};w={limit.seconds}',
        "RateLimit": f'"{scope}";r={quota.calls};t={seconds}',
    }.items():
        headers[name] = f"{headers[name]}, {item}" if name in headers else item
