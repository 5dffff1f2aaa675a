from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.schemas import (
    AccountHistorySerializer,
    NewUserSerializer,
    PasswordSerializer,
    UserFiltersSerializer,
    UserPageSerializer,
    UserSerializer,
    account_event_json,
    user_json,
)
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import names, read_body_collecting
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, document_operation
from adapters.http_api.rest.parsers import CredentialsParser
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.accounts import use_cases
from core.accounts.entities import AccountChanges, NewUser
from core.accounts.use_cases.passwords import NewPassword

Names = Annotated[use_cases.NameActors, Provide["name_actors"]]
History = Annotated[use_cases.ViewAccountHistory, Provide["view_account_history"]]


class UsersView(APIView):
    @document_operation(
        "list_users", Permission.MANAGE_USERS, UserPageSerializer, parameters=[UserFiltersSerializer, LIMIT, CURSOR]
    )
    @inject
    def get(self, request: Request, list_users: Annotated[use_cases.ListUsers, Provide["list_users"]]) -> HttpResponse:
        """List users.

        Newest first.
        """
        given = read_query(request.query_params, [*names(UserFiltersSerializer), "limit", "cursor"])
        found = list_users(actor=actor(request), **paging(given))
        return page(request, [user_json(user) for user in found.items], id_cursor(found.next))

    @document_operation(
        "create_user",
        Permission.MANAGE_USERS,
        UserSerializer,
        409,
        status=201,
        body=NewUserSerializer,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(self, request: Request, create: Annotated[use_cases.CreateUser, Provide["create_user"]]) -> HttpResponse:
        """Create a user.

        The user must change the password after the first sign-in.
        """
        details, errors = read_body_collecting(request, NewUserSerializer)
        user = create(actor=actor(request), errors=errors, **cast("NewUser", details))
        location = request.build_absolute_uri(f"/api/v1/users/{user.id}/")
        return document(user_json(user), status=201, headers={"Location": location})


class UserView(APIView):
    @document_operation("view_user", Permission.MANAGE_USERS, UserSerializer, 404)
    @inject
    def get(
        self, request: Request, user_id: UUID, view: Annotated[use_cases.ViewUser, Provide["view_user"]]
    ) -> HttpResponse:
        """View a user.

        The response never includes the password.
        """
        read_query(request.query_params, [])
        return document(user_json(view(actor=actor(request), user_id=user_id)))

    @document_operation(
        "update_user",
        Permission.MANAGE_USERS,
        UserSerializer,
        404,
        409,
        body=UserSerializer(partial=True),
        repeatable=True,
    )
    @once
    @inject
    def patch(
        self, request: Request, user_id: UUID, update: Annotated[use_cases.UpdateUser, Provide["update_user"]]
    ) -> HttpResponse:
        """Change a user's role, or disable or enable the user.

        The change applies from the user's next request on.
        """
        given, errors = read_body_collecting(request, UserSerializer)
        changes = cast("AccountChanges", given)
        return document(user_json(update(actor=actor(request), user_id=user_id, errors=errors, **changes)))


class UserPasswordView(APIView):
    parser_classes = (CredentialsParser,)

    @document_operation(
        "set_password", Permission.MANAGE_USERS, None, 404, status=204, body=PasswordSerializer, repeatable=True
    )
    @once
    @inject
    def post(
        self, request: Request, user_id: UUID, set_password: Annotated[use_cases.SetPassword, Provide["set_password"]]
    ) -> HttpResponse:
        """Set a user's password.

        Ends every session of the user, who must change the password after the next sign-in. The caller knows it until
        then: prefer `issue_password_reset`.
        """
        given, errors = read_body_collecting(request, PasswordSerializer)
        set_password(actor=actor(request), user_id=user_id, errors=errors, **cast("NewPassword", given))
        return HttpResponse(status=204)


class UserHistoryView(APIView):
    @document_operation(
        "view_user_history", Permission.MANAGE_USERS, AccountHistorySerializer, 404, parameters=[LIMIT, CURSOR]
    )
    @inject
    def get(self, request: Request, user_id: UUID, view_history: History, name_actors: Names) -> HttpResponse:
        """List the changes to a user's account.

        Newest first.
        """
        return history(request, user_id, view_history, name_actors)


def history(
    request: Request, account_id: UUID, view_history: use_cases.ViewAccountHistory, name_actors: use_cases.NameActors
) -> HttpResponse:
    given = paging(read_query(request.query_params, ["limit", "cursor"]))
    found = view_history(actor=actor(request), account_id=account_id, **given)
    names = name_actors(actor=actor(request), names={event.actor for event in found.items})
    results = [account_event_json(event, names) for event in found.items]
    return page(request, results, id_cursor(found.next))
