from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.password_reset_schemas import (
    NewPasswordSerializer,
    PasswordResetSerializer,
    password_reset_json,
)
from adapters.http_api.rest.authentication import actor, origin
from adapters.http_api.rest.bodies import read_body, require_no_input
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.parsers import CredentialsParser
from adapters.http_api.rest.responses import document
from core.access import Permission
from core.accounts.use_cases import IssuePasswordReset, ResetPassword


class PasswordResetView(APIView):
    @document_operation("issue_password_reset", Permission.MANAGE_USERS, PasswordResetSerializer, 404, 409, status=201)
    @inject
    def post(
        self,
        request: Request,
        user_id: UUID,
        issue: Annotated[IssuePasswordReset, Provide["issue_password_reset"]],
    ) -> HttpResponse:
        """Make a one-time code for a user's new password.

        The response is the only one that shows the code, which works once, within an hour. Give it to the user, who
        enters it with a new password at `page`. A new code replaces the user's previous one. The current password and
        sessions remain until the code is used.
        """
        require_no_input(request)
        reset, code = issue(actor=actor(request), user_id=user_id)
        page = request.build_absolute_uri(reverse("reset_password"))
        return document(password_reset_json(reset, code, page), status=201, headers={"Cache-Control": "no-store"})


class ResetPasswordView(APIView):
    parser_classes = (CredentialsParser,)
    authentication_classes = ()

    @document_operation("reset_password", None, None, 401, status=204, body=NewPasswordSerializer, public=True)
    @inject
    def post(self, request: Request, reset: Annotated[ResetPassword, Provide["reset_password"]]) -> HttpResponse:
        """Set a new password with a one-time code.

        The code works once and ends every session of the user, who signs in with the new password. The answer is the
        same for an unknown, replaced, used or expired code. Attempts are limited per address.
        """
        given = read_body(request, NewPasswordSerializer, required=("code", "password"))
        reset(code=cast("str", given["code"]), password=cast("str", given["password"]), **origin(request))
        return HttpResponse(status=204)
