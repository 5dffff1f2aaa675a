from typing import Any
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from adapters.django_orm.accounts import models
from adapters.django_orm.staff.pages import ROLES, actor_of, form_page, may, password_field
from adapters.django_orm.staff.view_only import ViewOnlyAdmin
from core.access import Permission
from core.accounts.use_cases import CreateUser, SetPassword, UpdateUser

admin.site.unregister(Group)  # rights come from the role


class NewUserForm(forms.Form):
    email = forms.EmailField()
    role = forms.ChoiceField(choices=ROLES)
    password = password_field("Password")


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES)


class PasswordForm(forms.Form):
    password = password_field("New password")


def history_link(account_id: str) -> str:
    return f"{reverse('admin:accounts_accountevent_changelist')}?account_id={account_id}"


@admin.register(models.User)
class UserAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_USERS
    list_display = ["email", "role", "is_active", "created_at"]
    list_filter = ["role", "is_active"]
    search_fields = ["email"]
    fields = ["id", "email", "role", "is_active", "created_at", "last_login"]
    actions = ["disable", "enable"]

    def links(self, object_id: str) -> dict[str, str]:
        return {
            "Change role": reverse("admin:accounts_user_role", args=[object_id]),
            "Set password": reverse("admin:accounts_user_password", args=[object_id]),
            "History": history_link(object_id),
        }

    def get_urls(self) -> list[URLPattern]:
        role, password = self.admin_site.admin_view(self.role_view), self.admin_site.admin_view(self.password_view)
        return [
            path("<uuid:user_id>/role/", role, name="accounts_user_role"),
            path("<uuid:user_id>/password/", password, name="accounts_user_password"),
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
        create: CreateUser = Provide["create_user"],
    ) -> HttpResponse:
        def work(given: dict[str, Any]) -> None:
            create(actor=actor_of(request), **given)

        form = NewUserForm(request.POST or None)
        back = reverse("admin:accounts_user_changelist")
        return form_page(request, self.permission, form, work, title="Add a user", back=back)

    @inject
    def role_view(
        self, request: HttpRequest, user_id: UUID, update: UpdateUser = Provide["update_user"]
    ) -> HttpResponse:
        def work(given: dict[str, Any]) -> None:
            update(actor=actor_of(request), user_id=user_id, role=given["role"])

        form, back = RoleForm(request.POST or None), reverse("admin:accounts_user_change", args=[user_id])
        return form_page(request, self.permission, form, work, title="Change the role", back=back)

    @inject
    def password_view(
        self, request: HttpRequest, user_id: UUID, set_password: SetPassword = Provide["set_password"]
    ) -> HttpResponse:
        def work(given: dict[str, Any]) -> None:
            set_password(actor=actor_of(request), user_id=user_id, password=given["password"])

        form, back = PasswordForm(request.POST or None), reverse("admin:accounts_user_change", args=[user_id])
        return form_page(request, self.permission, form, work, title="Set a password", back=back)

    @admin.action(description="Disable, and sign out everywhere")
    @inject
    def disable(
        self, request: HttpRequest, queryset: QuerySet[models.User], update: UpdateUser = Provide["update_user"]
    ) -> None:
        def work(user_id: UUID) -> str:
            update(actor=actor_of(request), user_id=user_id, is_active=False)
            return "disabled"

        self.for_each(request, queryset, work)

    @admin.action(description="Enable")
    @inject
    def enable(
        self, request: HttpRequest, queryset: QuerySet[models.User], update: UpdateUser = Provide["update_user"]
    ) -> None:
        def work(user_id: UUID) -> str:
            update(actor=actor_of(request), user_id=user_id, is_active=True)
            return "enabled"

        self.for_each(request, queryset, work)


@admin.register(models.AccountEvent)
class AccountEventAdmin(ViewOnlyAdmin):
    permission = Permission.MANAGE_USERS
    list_display = ["at", "action", "account_id", "details", "actor", "request_id"]
    list_filter = ["action"]
    search_fields = ["=actor"]
    search_help_text = "An actor, as it is shown."
