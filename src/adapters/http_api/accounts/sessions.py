from typing import Annotated, cast

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.schemas import (
    CredentialsSerializer,
    MeSerializer,
    OwnPasswordSerializer,
    RefreshSerializer,
    TokenPairSerializer,
    me_json,
    token_pair_json,
)
from adapters.http_api.rest.authentication import origin, signed_in
from adapters.http_api.rest.bodies import read_body
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.parsers import CredentialsParser
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document
from core.accounts.use_cases import ChangeOwnPassword, RefreshSession, SignIn, SignOut


class SignInView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("sign_in", None, TokenPairSerializer, 401, body=CredentialsSerializer, public=True)
    @inject
    def post(self, request: Request, sign_in: Annotated[SignIn, Provide["sign_in"]]) -> HttpResponse:
        """Sign in with email and password.

        Returns an access token, valid for 10 minutes, and a refresh token, valid for 14 days. Attempts are limited per
        address and per email.
        """
        given = read_body(request, CredentialsSerializer, required=("email", "password"))
        email, password = cast("str", given["email"]), cast("str", given["password"])
        return document(token_pair_json(sign_in(email=email, password=password, **origin(request))))


class RefreshView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("refresh_session", None, TokenPairSerializer, 401, body=RefreshSerializer, public=True)
    @inject
    def post(self, request: Request, refresh: Annotated[RefreshSession, Provide["refresh_session"]]) -> HttpResponse:
        """Exchange a refresh token for a new token pair.

        A refresh token works once. If it is used again, its session ends.
        """
        given = read_body(request, RefreshSerializer, required=("refresh",))
        return document(token_pair_json(refresh(refresh=cast("str", given["refresh"]), **origin(request))))


class RevokeView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("sign_out", None, None, 401, body=RefreshSerializer, public=True)
    @inject
    def post(self, request: Request, sign_out: Annotated[SignOut, Provide["sign_out"]]) -> HttpResponse:
        """End the session of a refresh token.

        Revokes the refresh token and the access tokens of its session immediately. Doing it twice is harmless.
        """
        given = read_body(request, RefreshSerializer, required=("refresh",))
        sign_out(refresh=cast("str", given["refresh"]), **origin(request))
        return document({})


class MeView(APIView):
    before_password_change = True

    @document_operation("me", None, MeSerializer)
    def get(self, request: Request) -> HttpResponse:
        """View the caller's account and permissions.

        Works for users and for service accounts.
        """
        read_query(request.query_params, [])
        return document(me_json(signed_in(request)))


class OwnPasswordView(APIView):
    before_password_change = True
    parser_classes = (CredentialsParser,)

    @document_operation("change_own_password", None, TokenPairSerializer, body=OwnPasswordSerializer)
    @inject
    def post(
        self, request: Request, change: Annotated[ChangeOwnPassword, Provide["change_own_password"]]
    ) -> HttpResponse:
        """Change the caller's own password.

        Every session of the user ends, including this one: continue with the tokens of the response. A service account
        has no password and is refused.
        """
        given = read_body(request, OwnPasswordSerializer, required=("current", "password"))
        current, password = cast("str", given["current"]), cast("str", given["password"])
        return document(token_pair_json(change(principal=signed_in(request), current=current, password=password)))
