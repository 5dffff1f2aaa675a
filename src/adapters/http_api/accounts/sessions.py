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
)
from adapters.http_api.rest.authentication import signed_in
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.requests import CredentialsParser, read_body, read_query
from adapters.http_api.rest.responses import document
from core.accounts.entities import User
from core.accounts.sessions import TokenPair
from core.accounts.use_cases import ChangeOwnPassword, RefreshSession, SignIn, SignOut


class SignInView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("sign_in", TokenPairSerializer, 401, body=CredentialsSerializer, public=True)
    @inject
    def post(self, request: Request, sign_in: Annotated[SignIn, Provide["sign_in"]]) -> HttpResponse:
        given = read_body(request, CredentialsSerializer, None, required=("email", "password"))
        email, password = cast("str", given["email"]), cast("str", given["password"])
        return token_pair_json(sign_in(email=email, password=password, address=request.META.get("REMOTE_ADDR", "")))


class RefreshView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("refresh_session", TokenPairSerializer, 401, body=RefreshSerializer, public=True)
    @inject
    def post(self, request: Request, refresh: Annotated[RefreshSession, Provide["refresh_session"]]) -> HttpResponse:
        given = read_body(request, RefreshSerializer, None, required=("refresh",))
        return token_pair_json(refresh(refresh=cast("str", given["refresh"])))


class RevokeView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("sign_out", None, 401, body=RefreshSerializer, public=True)
    @inject
    def post(self, request: Request, sign_out: Annotated[SignOut, Provide["sign_out"]]) -> HttpResponse:
        given = read_body(request, RefreshSerializer, None, required=("refresh",))
        sign_out(refresh=cast("str", given["refresh"]))
        return document({})


class MeView(APIView):
    before_password_change = True

    @document_operation("me", MeSerializer)
    def get(self, request: Request) -> HttpResponse:
        read_query(request.query_params, [])
        me = signed_in(request)
        account = me.account
        return document(
            {
                "id": account.id,
                "email": account.email if isinstance(account, User) else None,
                "name": None if isinstance(account, User) else account.name,
                "role": account.role,
                "permissions": sorted(me.actor.permissions),
                "must_change_password": isinstance(account, User) and account.must_change_password,
            }
        )


class OwnPasswordView(APIView):
    before_password_change = True
    parser_classes = (CredentialsParser,)

    @document_operation("change_own_password", TokenPairSerializer, body=OwnPasswordSerializer)
    @inject
    def post(
        self, request: Request, change: Annotated[ChangeOwnPassword, Provide["change_own_password"]]
    ) -> HttpResponse:
        """Every session ends, this one too: go on with the tokens of the answer."""
        given = read_body(request, OwnPasswordSerializer, None, required=("current", "password"))
        current, password = cast("str", given["current"]), cast("str", given["password"])
        address = request.META.get("REMOTE_ADDR", "")
        return token_pair_json(change(me=signed_in(request), current=current, password=password, address=address))


def token_pair_json(pair: TokenPair) -> HttpResponse:
    return document({"access": pair.access, "refresh": pair.refresh})
