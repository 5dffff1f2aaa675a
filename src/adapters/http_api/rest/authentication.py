from typing import TypedDict

from dependency_injector.wiring import Provide, inject
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from adapters.http_api.rest.throttling import count_call
from core.access import ANONYMOUS_PERMISSIONS, Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.use_cases import RecordAccess
from core.accounts.entities import User
from core.accounts.errors import KeyOutsideNetworks, PasswordChangeRequired, TokenRefused
from core.accounts.service_accounts import ServiceAccount
from core.accounts.sessions import Principal
from core.accounts.use_cases import Authenticate
from core.errors import Unauthenticated
from core.ports import RateLimiter, RateLimitScope


class BearerAuthentication(BaseAuthentication):
    """Raises `Unauthenticated` for a missing token, unless everybody has the operation's permission, and for an invalid
    one. Raises `PasswordChangeRequired` for a user who must change the password first, unless the view is marked as
    `before_password_change`."""

    @inject
    def authenticate(
        self,
        request: Request,
        authenticate: Authenticate = Provide["authenticate"],
        limiter: RateLimiter = Provide["limiter"],
        record: RecordAccess = Provide["record_access"],
    ) -> tuple[User | ServiceAccount, Principal] | None:
        if "Authorization" not in request.headers and required_permission(request) in ANONYMOUS_PERMISSIONS:
            return None
        try:
            signed_in = authenticate(
                access=_token(request),
                **origin(request),
                before_password_change=_is_before_password_change(request),
            )
        except (Unauthenticated, PasswordChangeRequired) as error:
            count_call(
                request, limiter, RateLimitScope.ANONYMOUS, request.META.get("REMOTE_ADDR", "")
            )  # it gets no further
            if isinstance(error, KeyOutsideNetworks):
                owner = Actor.service(error.account_name, frozenset(), **origin(request))
                record(actor=owner, action=AccessAction.TOKEN_REFUSED, detail=str(error.key_id))
            elif isinstance(error, TokenRefused):
                record(actor=Actor.anonymous(**origin(request)), action=AccessAction.TOKEN_REFUSED)
            raise
        bind_contextvars(actor=signed_in.actor.name)
        return signed_in.account, signed_in


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return token.strip()


def _is_before_password_change(request: Request) -> bool:
    return getattr(request.parser_context["view"], "before_password_change", False)


def handler(request: Request) -> object:
    """The method of the view that answers this request, with what `document_operation` says about it."""
    return getattr(request.parser_context["view"], (request.method or "").lower(), None)


def required_permission(request: Request) -> Permission | None:
    """The one that `document_operation` names for the method of this request."""
    return getattr(handler(request), "permission", None)


class Origin(TypedDict):
    request_id: str
    address: str


def origin(request: Request) -> Origin:
    return {"request_id": request.META["REQUEST_ID"], "address": request.META.get("REMOTE_ADDR", "")}


def signed_in(request: Request) -> Principal:
    assert isinstance(request.auth, Principal)
    return request.auth


def actor(request: Request) -> Actor:
    """The caller's actor, anonymous without a token."""
    if request.auth is None:
        return Actor.anonymous(**origin(request))
    return signed_in(request).actor
