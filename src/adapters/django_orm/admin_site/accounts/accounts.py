from collections.abc import Callable
from typing import Any, Unpack
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from adapters.django_orm.admin_site.pages import ROLES, form_page, may
from adapters.django_orm.admin_site.view_only import ViewOnlyAdmin
from core.access import Permission
from core.accounts.entities import AccountChanges


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES)


class AccountAdmin(ViewOnlyAdmin):
    """Common to user accounts and service accounts."""

    permission = Permission.MANAGE_USERS
    list_filter = ["role", "is_active"]
    actions = ["disable", "enable"]

    def change(self, request: HttpRequest, account_id: UUID, **changes: Unpack[AccountChanges]) -> None:
        """Calls the use case that updates the account."""
        raise NotImplementedError

    def links(self, object_id: str) -> dict[str, str]:
        events = reverse("admin:accounts_accountevent_changelist")
        return {"Change role": self.url("role", object_id), "History": f"{events}?account_id={object_id}"}

    def get_urls(self) -> list[URLPattern]:
        return [self.route("role", self.role_view), *super().get_urls()]

    def route(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """The route of a page about a single account."""
        wrapped = self.admin_site.admin_view(view)
        return path(f"<uuid:account_id>/{name}/", wrapped, name=f"accounts_{self.opts.model_name}_{name}")

    def url(self, page: str, *account_id: object) -> str:
        return reverse(f"admin:accounts_{self.opts.model_name}_{page}", args=account_id)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, self.permission)

    def role_view(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        def work(data: dict[str, Any]) -> None:
            self.change(request, account_id, role=data["role"])

        form, back = RoleForm(request.POST or None), self.url("change", account_id)
        return form_page(request, self.permission, form, work, title="Change the role", back=back)

    @admin.action(description="Disable")
    def disable(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        self._set_active(request, queryset, is_active=False)

    @admin.action(description="Enable")
    def enable(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        self._set_active(request, queryset, is_active=True)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[Model], *, is_active: bool) -> None:
        def work(account: Model) -> str:
            self.change(request, account.pk, is_active=is_active)
            return "enabled" if is_active else "disabled"

        self.for_each(request, queryset, work)
