from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.schemas import (
    CredentialsSerializer,
    MeSerializer,
    OwnPasswordSerializer,
    RefreshSerializer,
    SessionsSerializer,
    TokenPairSerializer,
    me_json,
    session_json,
    token_pair_json,
)
from adapters.http_api.rest.authentication import origin, signed_in
from adapters.http_api.rest.bodies import read_body, require_no_input
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.parsers import CredentialsParser
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document
from core.accounts.use_cases import (
    ChangeOwnPassword,
    EndOwnSession,
    ListOwnSessions,
    RefreshSession,
    SignIn,
    SignOut,
)


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


class OwnSessionsView(APIView):
    @document_operation("list_own_sessions", None, SessionsSerializer)
    @inject
    def get(self, request: Request, list_own: Annotated[ListOwnSessions, Provide["list_own_sessions"]]) -> HttpResponse:
        """List the caller's sessions.

        Those that have not ended, by the last refresh. A session ends after 14 days without a refresh, and 90 days
        after the sign-in. A service account has none.
        """
        read_query(request.query_params, [])
        me = signed_in(request)
        return document({"results": [session_json(one, me) for one in list_own(principal=me)]})


class OwnSessionView(APIView):
    @document_operation("end_own_session", None, None, 404, status=204)
    @inject
    def delete(
        self, request: Request, session_id: UUID, end: Annotated[EndOwnSession, Provide["end_own_session"]]
    ) -> HttpResponse:
        """End one of the caller's sessions.

        Its refresh token and its access tokens are refused immediately.
        """
        require_no_input(request)
        end(principal=signed_in(request), session_id=session_id)
        return HttpResponse(status=204)


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
