from datetime import timedelta
from typing import Any
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from adapters.django_orm.accounts import models
from adapters.django_orm.accounts.admin.users import RoleForm, history_link
from adapters.django_orm.staff.pages import ROLES, actor_of, form_page, may
from adapters.django_orm.staff.view_only import ViewOnlyAdmin
from core.access import Permission
from core.accounts.services import KEY_LASTS
from core.accounts.use_cases import CreateServiceAccount, MakeServiceKey, RevokeServiceKey, UpdateServiceAccount
from core.ports import Clock

Update = Provide["update_service_account"]


class NewServiceAccountForm(forms.Form):
    name = forms.CharField(strip=False, help_text="Small letters, digits and hyphens.")
    role = forms.ChoiceField(choices=ROLES)


class NewKeyForm(forms.Form):
    name = forms.CharField()
    days = forms.IntegerField(min_value=1, max_value=366, initial=KEY_LASTS.days, label="Days it lasts")


@admin.register(models.ServiceAccount)
class ServiceAccountAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_USERS
    list_display = ["name", "role", "is_active", "created_at"]
    list_filter = ["role", "is_active"]
    search_fields = ["name"]
    actions = ["disable", "enable"]

    def links(self, object_id: str) -> dict[str, str]:
        return {
            "Make a key": reverse("admin:accounts_serviceaccount_key", args=[object_id]),
            "Keys": f"{reverse('admin:accounts_servicekey_changelist')}?account={object_id}",
            "Change role": reverse("admin:accounts_serviceaccount_role", args=[object_id]),
            "History": history_link(object_id),
        }

    def get_urls(self) -> list[URLPattern]:
        role, key = self.admin_site.admin_view(self.role_view), self.admin_site.admin_view(self.key_view)
        return [
            path("<uuid:account_id>/role/", role, name="accounts_serviceaccount_role"),
            path("<uuid:account_id>/key/", key, name="accounts_serviceaccount_key"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, self.permission)

    @inject
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
        create: CreateServiceAccount = Provide["create_service_account"],
    ) -> HttpResponse:
        def work(given: dict[str, Any]) -> None:
            create(actor=actor_of(request), **given)

        form, back = NewServiceAccountForm(request.POST or None), reverse("admin:accounts_serviceaccount_changelist")
        return form_page(request, self.permission, form, work, title="Add a service account", back=back)

    @inject
    def role_view(self, request: HttpRequest, account_id: UUID, update: UpdateServiceAccount = Update) -> HttpResponse:
        def work(given: dict[str, Any]) -> None:
            update(actor=actor_of(request), account_id=account_id, role=given["role"])

        form, back = RoleForm(request.POST or None), self._address(account_id)
        return form_page(request, self.permission, form, work, title="Change the role", back=back)

    @inject
    def key_view(
        self,
        request: HttpRequest,
        account_id: UUID,
        make: MakeServiceKey = Provide["make_service_key"],
        clock: Clock = Provide["clock"],
    ) -> HttpResponse:
        """The answer holds the key, and is the only one that ever does."""
        back = self._address(account_id)

        def work(given: dict[str, Any]) -> HttpResponse:
            expires_at = clock.now() + timedelta(days=given["days"])
            key, token = make(actor=actor_of(request), account_id=account_id, name=given["name"], expires_at=expires_at)
            shown = {"title": "The new key", "key": key, "token": token, "back": back}
            context = self.admin_site.each_context(request) | shown
            return TemplateResponse(request, "admin/registry/key.html", context, headers={"Cache-Control": "no-store"})

        form = NewKeyForm(request.POST or None)
        return form_page(request, self.permission, form, work, title="Make a key", back=back)

    @admin.action(description="Disable")
    @inject
    def disable(
        self, request: HttpRequest, queryset: QuerySet[models.ServiceAccount], update: UpdateServiceAccount = Update
    ) -> None:
        def work(account_id: UUID) -> str:
            update(actor=actor_of(request), account_id=account_id, is_active=False)
            return "disabled"

        self.for_each(request, queryset, work)

    @admin.action(description="Enable")
    @inject
    def enable(
        self, request: HttpRequest, queryset: QuerySet[models.ServiceAccount], update: UpdateServiceAccount = Update
    ) -> None:
        def work(account_id: UUID) -> str:
            update(actor=actor_of(request), account_id=account_id, is_active=True)
            return "enabled"

        self.for_each(request, queryset, work)

    def _address(self, account_id: UUID) -> str:
        return reverse("admin:accounts_serviceaccount_change", args=[account_id])


@admin.register(models.ServiceKey)
class ServiceKeyAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_USERS
    list_display = ["name", "account", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["account"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "account__name"]
    fields = ["id", "account", "name", "created_at", "expires_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke")
    @inject
    def revoke(
        self,
        request: HttpRequest,
        queryset: QuerySet[models.ServiceKey],
        revoke_key: RevokeServiceKey = Provide["revoke_service_key"],
    ) -> None:
        accounts = dict(queryset.values_list("id", "account_id"))

        def work(key_id: UUID) -> str:
            revoke_key(actor=actor_of(request), account_id=accounts[key_id], key_id=key_id)
            return "revoked"

        self.for_each(request, queryset, work)
