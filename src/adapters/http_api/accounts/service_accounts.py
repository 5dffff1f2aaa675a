from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from adapters.http_api.accounts.schemas import (
    AccountHistorySerializer,
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
from adapters.http_api.rest.openapi import CURSOR, LIMIT, NAME, document_operation
from adapters.http_api.rest.requests import cursor, paging, read_body_collecting, read_query, require_no_input
from adapters.http_api.rest.responses import document, page
from core.access import Permission
from core.accounts import use_cases
from core.accounts.entities import AccountChanges
from core.accounts.service_accounts import NewKey, NewServiceAccount


class ServiceAccountsView(APIView):
    @document_operation("list_service_accounts", ServiceAccountPageSerializer, parameters=[NAME, LIMIT, CURSOR])
    @inject
    def get(
        self,
        request: Request,
        list_accounts: Annotated[use_cases.ListServiceAccounts, Provide["list_service_accounts"]],
    ) -> HttpResponse:
        given = paging(read_query(request.query_params, ["name", "limit", "cursor"]))
        found = list_accounts(actor=actor(request), **given)
        results = [service_account_json(account) for account in found.items]
        return page(request, results, cursor(found.next) if found.next else None)

    @document_operation(
        "create_service_account", ServiceAccountSerializer, 409, status=201, body=NewServiceAccountSerializer
    )
    @inject
    def post(
        self,
        request: Request,
        create: Annotated[use_cases.CreateServiceAccount, Provide["create_service_account"]],
    ) -> HttpResponse:
        """An account for a machine, which has no key yet."""
        details, errors = read_body_collecting(request, NewServiceAccountSerializer, Permission.MANAGE_USERS)
        account = create(actor=actor(request), errors=errors, **cast("NewServiceAccount", details))
        location = request.build_absolute_uri(f"/api/v1/service-accounts/{account.id}/")
        return document(service_account_json(account), status=201, headers={"Location": location})


class ServiceAccountView(APIView):
    @document_operation("view_service_account", ServiceAccountSerializer, 404)
    @inject
    def get(
        self,
        request: Request,
        account_id: UUID,
        view: Annotated[use_cases.ViewServiceAccount, Provide["view_service_account"]],
    ) -> HttpResponse:
        read_query(request.query_params, [])
        return document(service_account_json(view(actor=actor(request), account_id=account_id)))

    @document_operation(
        "update_service_account", ServiceAccountSerializer, 404, body=ServiceAccountSerializer(partial=True)
    )
    @inject
    def patch(
        self,
        request: Request,
        account_id: UUID,
        update: Annotated[use_cases.UpdateServiceAccount, Provide["update_service_account"]],
    ) -> HttpResponse:
        """A new role and `is_active` hold from its next request on."""
        given, errors = read_body_collecting(request, ServiceAccountSerializer, Permission.MANAGE_USERS)
        changes = cast("AccountChanges", given)
        account = update(actor=actor(request), account_id=account_id, errors=errors, **changes)
        return document(service_account_json(account))


class ServiceAccountHistoryView(APIView):
    @document_operation("view_service_account_history", AccountHistorySerializer, 404, parameters=[LIMIT, CURSOR])
    @inject
    def get(self, request: Request, account_id: UUID, view_history: History, name_actors: Names) -> HttpResponse:
        return history(request, account_id, view_history, name_actors)


class ServiceKeysView(APIView):
    @document_operation("create_service_key", MadeKeySerializer, 404, 409, status=201, body=NewKeySerializer)
    @inject
    def post(
        self,
        request: Request,
        account_id: UUID,
        make: Annotated[use_cases.CreateServiceKey, Provide["create_service_key"]],
    ) -> HttpResponse:
        """An account has at most two live keys: the next one, and the one it takes the place of."""
        details, errors = read_body_collecting(request, NewKeySerializer, Permission.MANAGE_USERS)
        key, token = make(actor=actor(request), account_id=account_id, errors=errors, **cast("NewKey", details))
        return document(key_json(key) | {"key": token}, status=201, headers={"Cache-Control": "no-store"})


class ServiceKeyView(APIView):
    @document_operation("revoke_service_key", None, 404, status=204)
    @inject
    def delete(
        self,
        request: Request,
        account_id: UUID,
        key_id: UUID,
        revoke: Annotated[use_cases.RevokeServiceKey, Provide["revoke_service_key"]],
    ) -> HttpResponse:
        """The key is good no more, from now on."""
        require_no_input(request, Permission.MANAGE_USERS)
        revoke(actor=actor(request), account_id=account_id, key_id=key_id)
        return HttpResponse(status=204)
