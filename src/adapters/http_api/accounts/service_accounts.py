from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.schemas import AccountHistorySerializer
from adapters.http_api.accounts.service_account_schemas import (
    MadeKeySerializer,
    NewKeySerializer,
    NewServiceAccountSerializer,
    ServiceAccountPageSerializer,
    ServiceAccountSerializer,
    key_json,
    service_account_json,
)
from adapters.http_api.accounts.users import History, Names, history
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.bodies import read_body_collecting, require_no_input
from adapters.http_api.rest.cursors import id_cursor, paging
from adapters.http_api.rest.idempotency import once
from adapters.http_api.rest.openapi import CURSOR, LIMIT, NAME, document_operation
from adapters.http_api.rest.queries import read_query
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.accounts import use_cases
from core.accounts.entities import AccountChanges
from core.accounts.service_accounts import NewServiceAccount
from core.accounts.service_keys import NewKey


class ServiceAccountsView(APIView):
    @document_operation(
        "list_service_accounts", Permission.MANAGE_USERS, ServiceAccountPageSerializer, parameters=[NAME, LIMIT, CURSOR]
    )
    @inject
    def get(
        self,
        request: Request,
        list_accounts: Annotated[use_cases.ListServiceAccounts, Provide["list_service_accounts"]],
    ) -> HttpResponse:
        """List service accounts.

        Newest first, each with its keys.
        """
        given = paging(read_query(request.query_params, ["name", "limit", "cursor"]))
        found = list_accounts(actor=actor(request), **given)
        results = [service_account_json(account) for account in found.items]
        return page(request, results, id_cursor(found.next))

    @document_operation(
        "create_service_account",
        Permission.MANAGE_USERS,
        ServiceAccountSerializer,
        409,
        status=201,
        body=NewServiceAccountSerializer,
        headers=["Location"],
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        create: Annotated[use_cases.CreateServiceAccount, Provide["create_service_account"]],
    ) -> HttpResponse:
        """Create an account for a machine.

        The account has no key yet: `create_service_key` creates one.
        """
        details, errors = read_body_collecting(request, NewServiceAccountSerializer)
        account = create(actor=actor(request), errors=errors, **cast("NewServiceAccount", details))
        location = request.build_absolute_uri(f"/api/v1/service-accounts/{account.id}/")
        return document(service_account_json(account), status=201, headers={"Location": location})


class ServiceAccountView(APIView):
    @document_operation("view_service_account", Permission.MANAGE_USERS, ServiceAccountSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        account_id: UUID,
        view: Annotated[use_cases.ViewServiceAccount, Provide["view_service_account"]],
    ) -> HttpResponse:
        """View a service account and its keys.

        The keys are listed without their secrets.
        """
        read_query(request.query_params, [])
        return document(service_account_json(view(actor=actor(request), account_id=account_id)))

    @document_operation(
        "update_service_account",
        Permission.MANAGE_USERS,
        ServiceAccountSerializer,
        404,
        body=ServiceAccountSerializer(partial=True),
        repeatable=True,
    )
    @once
    @inject
    def patch(
        self,
        request: Request,
        account_id: UUID,
        update: Annotated[use_cases.UpdateServiceAccount, Provide["update_service_account"]],
    ) -> HttpResponse:
        """Change a service account's role, or disable or enable it.

        The change applies from the account's next request on.
        """
        given, errors = read_body_collecting(request, ServiceAccountSerializer)
        changes = cast("AccountChanges", given)
        account = update(actor=actor(request), account_id=account_id, errors=errors, **changes)
        return document(service_account_json(account))


class ServiceAccountHistoryView(APIView):
    @document_operation(
        "view_service_account_history",
        Permission.MANAGE_USERS,
        AccountHistorySerializer,
        404,
        parameters=[LIMIT, CURSOR],
    )
    @inject
    def get(self, request: Request, account_id: UUID, view_history: History, name_actors: Names) -> HttpResponse:
        """List the changes to a service account.

        Newest first.
        """
        return history(request, account_id, view_history, name_actors)


class ServiceKeysView(APIView):
    @document_operation(
        "create_service_key",
        Permission.MANAGE_USERS,
        MadeKeySerializer,
        404,
        409,
        status=201,
        body=NewKeySerializer,
        repeatable=True,
    )
    @once
    @inject
    def post(
        self,
        request: Request,
        account_id: UUID,
        make: Annotated[use_cases.CreateServiceKey, Provide["create_service_key"]],
    ) -> HttpResponse:
        """Create a key for a service account.

        The response is the only one that shows the key. An account has at most two live keys: the current one and its
        replacement. A key can be limited to networks, and to some of the role's permissions.
        """
        details, errors = read_body_collecting(request, NewKeySerializer)
        key, token = make(actor=actor(request), account_id=account_id, errors=errors, **cast("NewKey", details))
        return document(key_json(key) | {"key": token}, status=201, headers={"Cache-Control": "no-store"})


class ServiceKeyView(APIView):
    @document_operation("revoke_service_key", Permission.MANAGE_USERS, None, 404, status=204)
    @inject
    def delete(
        self,
        request: Request,
        account_id: UUID,
        key_id: UUID,
        revoke: Annotated[use_cases.RevokeServiceKey, Provide["revoke_service_key"]],
    ) -> HttpResponse:
        """Revoke a service key.

        Takes effect immediately.
        """
        require_no_input(request)
        revoke(actor=actor(request), account_id=account_id, key_id=key_id)
        return HttpResponse(status=204)
