from dependency_injector.wiring import Provide, inject
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from core.access import Actor
from core.accounts.entities import SignedIn, User
from core.accounts.use_cases import Authenticate
from core.errors import Unauthenticated


class BearerAuthentication(BaseAuthentication):
    """Raises `Unauthenticated` without a token: views open to anybody have no authentication at all."""

    @inject
    def authenticate(
        self, request: Request, authenticate: Authenticate = Provide["authenticate"]
    ) -> tuple[User, SignedIn]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
        signed_in = authenticate(access=token.strip(), request_id=request.META["REQUEST_ID"])
        return signed_in.user, signed_in


def signed_in(request: Request) -> SignedIn:
    assert isinstance(request.auth, SignedIn)
    return request.auth


def actor(request: Request) -> Actor:
    return signed_in(request).actor
