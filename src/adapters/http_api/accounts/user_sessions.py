from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.schemas import SessionsSerializer, session_json
from adapters.http_api.rest.authentication import actor, signed_in
from adapters.http_api.rest.bodies import require_no_input
from adapters.http_api.rest.openapi import document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document
from core.access import Permission
from core.accounts.use_cases import EndUserSession, EndUserSessions, ListUserSessions


class UserSessionsView(APIView):
    @document_operation("list_user_sessions", Permission.MANAGE_USERS, SessionsSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        user_id: UUID,
        list_sessions: Annotated[ListUserSessions, Provide["list_user_sessions"]],
    ) -> HttpResponse:
        """List a user's sessions.

        Those that have not ended, by the last refresh. Browsers that are signed in to the console are not among them.
        """
        read_query(request.query_params, [])
        found = list_sessions(actor=actor(request), user_id=user_id)
        return document({"results": [session_json(one, signed_in(request)) for one in found]})

    @document_operation("end_user_sessions", Permission.MANAGE_USERS, None, 404, status=204)
    @inject
    def delete(
        self, request: Request, user_id: UUID, end: Annotated[EndUserSessions, Provide["end_user_sessions"]]
    ) -> HttpResponse:
        """End all sessions of a user.

        Their refresh tokens and access tokens are refused immediately. Browsers are signed out of the console, too, and
        a one-time code for a new password is refused. The user may sign in again.
        """
        require_no_input(request)
        end(actor=actor(request), user_id=user_id)
        return HttpResponse(status=204)


class UserSessionView(APIView):
    @document_operation("end_user_session", Permission.MANAGE_USERS, None, 404, status=204)
    @inject
    def delete(
        self,
        request: Request,
        user_id: UUID,
        session_id: UUID,
        end: Annotated[EndUserSession, Provide["end_user_session"]],
    ) -> HttpResponse:
        """End one of a user's sessions.

        Its refresh token and its access tokens are refused immediately.
        """
        require_no_input(request)
        end(actor=actor(request), user_id=user_id, session_id=session_id)
        return HttpResponse(status=204)
