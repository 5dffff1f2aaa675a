from datetime import timedelta
from typing import Any, Unpack
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from adapters.django_orm.accounts import models
from adapters.django_orm.admin_site.accounts.accounts import AccountAdmin, RoleForm
from adapters.django_orm.admin_site.pages import actor_of, form_page, may
from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin
from core.access import Permission
from core.accounts.entities import AccountChanges
from core.accounts.key_limits import MAX_NETWORK_LENGTH, MAX_NETWORKS
from core.accounts.service_accounts import MAX_SERVICE_NAME_LENGTH, ServiceAccount
from core.accounts.service_keys import KEY_LIFETIME, MAX_KEY_LIFETIME, MAX_KEY_NAME_LENGTH
from core.accounts.use_cases import (
    CreateServiceAccount,
    CreateServiceKey,
    RevokeServiceKey,
    UpdateServiceAccount,
    ViewServiceAccount,
)
from core.ports import Clock


class NewServiceAccountForm(RoleForm):
    field_order = ["name", "role"]
    name = forms.CharField(strip=False, max_length=MAX_SERVICE_NAME_LENGTH)


class NewKeyForm(forms.Form):
    name = forms.CharField(max_length=MAX_KEY_NAME_LENGTH)
    days = forms.IntegerField(
        min_value=1, max_value=MAX_KEY_LIFETIME.days, initial=KEY_LIFETIME.days, label="Days until it expires"
    )
    networks = forms.CharField(
        required=False,
        max_length=MAX_NETWORKS * (MAX_NETWORK_LENGTH + 1),
        label="Networks it works from, such as 192.0.2.0/24 2001:db8::/48; everywhere if empty",
    )
    permissions = forms.MultipleChoiceField(
        required=False,
        choices=[(permission.value, permission.value) for permission in sorted(Permission)],
        widget=forms.CheckboxSelectMultiple,
        label="Permissions of the role that it has; all if none is checked",
    )


@admin.register(models.ServiceAccount)
class ServiceAccountAdmin(AccountAdmin):
    list_display = ["name", "role", "is_active", "created_at"]
    search_fields = ["name"]

    def links(self, object_id: str) -> dict[str, str]:
        keys = f"{reverse('admin:accounts_servicekey_changelist')}?account={object_id}"
        return {"Create a key": self.url("key", object_id), "Keys": keys, **super().links(object_id)}

    def get_urls(self) -> list[URLPattern]:
        return [self.route("key", self.key_view), *super().get_urls()]

    @inject
    def change(
        self,
        request: HttpRequest,
        account_id: UUID,
        update: UpdateServiceAccount = Provide["update_service_account"],
        **changes: Unpack[AccountChanges],
    ) -> None:
        update(actor=actor_of(request), account_id=account_id, **changes)

    @inject
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
        create: CreateServiceAccount = Provide["create_service_account"],
    ) -> HttpResponse:
        def work(data: dict[str, Any]) -> None:
            create(actor=actor_of(request), **data)

        form, back = NewServiceAccountForm(request.POST or None), self.url("changelist")
        return form_page(request, self.permission, form, work, title="Add a service account", back=back)

    @inject
    def key_view(
        self,
        request: HttpRequest,
        account_id: UUID,
        create: CreateServiceKey = Provide["create_service_key"],
        view: ViewServiceAccount = Provide["view_service_account"],
        clock: Clock = Provide["clock"],
    ) -> HttpResponse:
        """Only this response ever contains the key. The form begins with the limits of the account's newest key."""
        if not may(request, self.permission):
            raise PermissionDenied
        back, account = self.url("change", account_id), view(actor=actor_of(request), account_id=account_id)

        def work(data: dict[str, Any]) -> HttpResponse:
            expires_at = clock.now() + timedelta(days=data["days"])
            key, token = create(
                actor=actor_of(request),
                account_id=account_id,
                name=data["name"],
                expires_at=expires_at,
                networks=data["networks"].split(),
                permissions=data["permissions"],
            )
            context = self.admin_site.each_context(request)
            context |= {"title": "The new key", "key": key, "token": token, "back": back}
            return TemplateResponse(request, "admin/registry/key.html", context, headers={"Cache-Control": "no-store"})

        form = NewKeyForm(request.POST or None, initial=_limits_of_newest(account))
        return form_page(request, self.permission, form, work, title="Create a key", back=back)


def _limits_of_newest(account: ServiceAccount) -> dict[str, object]:
    if not account.keys:
        return {}
    newest = account.keys[-1]
    return {"networks": " ".join(map(str, newest.networks)), "permissions": newest.permissions}


@admin.register(models.ServiceKey)
class ServiceKeyAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_USERS
    list_display = ["name", "account", "created_at", "expires_at", "revoked_at", "networks", "permissions"]
    list_select_related = ["account"]
    extra_lookups = ["account"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "account__name"]
    fields = ["id", "account", "name", "created_at", "expires_at", "revoked_at", "networks", "permissions"]
    actions = ["revoke"]

    @admin.action(description="Revoke")
    @inject
    def revoke(
        self,
        request: HttpRequest,
        queryset: QuerySet[models.ServiceKey],
        revoke_key: RevokeServiceKey = Provide["revoke_service_key"],
    ) -> None:
        def work(key: models.ServiceKey) -> str:
            revoke_key(actor=actor_of(request), account_id=key.account_id, key_id=key.id)
            return "revoked"

        self.for_each(request, queryset, work)
