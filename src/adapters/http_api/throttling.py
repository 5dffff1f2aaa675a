from dependency_injector.wiring import Provide, inject
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.accounts.sessions import SignedIn
from core.ports import Limiter, Scope


class Throttle(BaseThrottle):
    """Counts each call of whoever is signed in, and of an address that calls without signing in. A view's
    `limited_as` names a scope that its calls count in as well. Raises `TooManyRequests`."""

    @inject
    def allow_request(self, request: Request, view: object, limiter: Limiter = Provide["limiter"]) -> bool:
        if isinstance(request.auth, SignedIn):
            scope, who = Scope.USER, request.auth.actor.name
        else:
            scope, who = Scope.ANONYMOUS, request.META.get("REMOTE_ADDR", "")
        limiter.hit(scope, who)
        narrower: Scope | None = getattr(view, "limited_as", None)
        if narrower is not None:
            limiter.hit(narrower, who)
        return True
