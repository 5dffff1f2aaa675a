from dependency_injector.wiring import Provide, inject
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from adapters.http_api.rest.throttling import count_call
from core.access import Actor
from core.accounts.entities import User
from core.accounts.errors import PasswordChangeRequired
from core.accounts.service_accounts import ServiceAccount
from core.accounts.sessions import SignedIn
from core.accounts.use_cases import Authenticate
from core.errors import Unauthenticated
from core.ports import RateLimiter, RateLimitScope


class BearerAuthentication(BaseAuthentication):
    """Raises `Unauthenticated` without a token, but for reading from a view with `allow_anonymous_read`. A token that
    is sent must be good all the same, and its user's password their own, but for a view that is
    `before_password_change`."""

    @inject
    def authenticate(
        self,
        request: Request,
        authenticate: Authenticate = Provide["authenticate"],
        limiter: RateLimiter = Provide["limiter"],
    ) -> tuple[User | ServiceAccount, SignedIn] | None:
        if "Authorization" not in request.headers and _may_be_anybody(request):
            return None
        try:
            signed_in = authenticate(
                access=_token(request),
                request_id=request.META["REQUEST_ID"],
                before_password_change=_view_is(request, "before_password_change"),
            )
        except (Unauthenticated, PasswordChangeRequired):
            count_call(
                request, limiter, RateLimitScope.ANONYMOUS, request.META.get("REMOTE_ADDR", "")
            )  # it gets no further
            raise
        return signed_in.account, signed_in


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return token.strip()


def _may_be_anybody(request: Request) -> bool:
    return request.method in {"GET", "HEAD"} and _view_is(request, "allow_anonymous_read")


def _view_is(request: Request, trait: str) -> bool:
    return getattr(request.parser_context["view"], trait, False)


def signed_in(request: Request) -> SignedIn:
    assert isinstance(request.auth, SignedIn)
    return request.auth


def actor(request: Request) -> Actor:
    """Whoever signed in, or anybody where a view is open to all."""
    if request.auth is None:
        return Actor.anonymous(request.META["REQUEST_ID"])
    return signed_in(request).actor
