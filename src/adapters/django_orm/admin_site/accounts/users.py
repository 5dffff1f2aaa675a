from typing import Any, Unpack
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from adapters.django_orm.accounts import models
from adapters.django_orm.admin_site.accounts.accounts import AccountAdmin, RoleForm
from adapters.django_orm.admin_site.actors import ActorAdmin
from adapters.django_orm.admin_site.pages import actor_of, form_page, password_field
from core.access import Permission
from core.accounts.entities import AccountChanges
from core.accounts.use_cases import CreateUser, IssuePasswordReset, SetPassword, UpdateUser


class NewUserForm(RoleForm):
    field_order = ["email", "role", "password"]
    email = forms.EmailField()
    password = password_field("Password")


class PasswordForm(forms.Form):
    password = password_field("New password")


@admin.register(models.User)
class UserAdmin(AccountAdmin):
    list_display = ["email", "role", "is_active", "created_at"]
    search_fields = ["email"]
    fields = ["id", "email", "role", "is_active", "must_change_password", "created_at", "last_login"]

    def links(self, object_id: str) -> dict[str, str]:
        own = {"Set password": self.url("password", object_id), "Code for a new password": self.url("reset", object_id)}
        return own | super().links(object_id)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.route("password", self.password_view),
            self.route("reset", self.reset_view),
            *super().get_urls(),
        ]

    @inject
    def change(
        self,
        request: HttpRequest,
        account_id: UUID,
        update: UpdateUser = Provide["update_user"],
        **changes: Unpack[AccountChanges],
    ) -> None:
        update(actor=actor_of(request), user_id=account_id, **changes)

    @inject
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
        create: CreateUser = Provide["create_user"],
    ) -> HttpResponse:
        def work(data: dict[str, Any]) -> None:
            create(actor=actor_of(request), **data)

        form, back = NewUserForm(request.POST or None), self.url("changelist")
        return form_page(request, self.permission, form, work, title="Add a user", back=back)

    @inject
    def password_view(
        self, request: HttpRequest, account_id: UUID, set_password: SetPassword = Provide["set_password"]
    ) -> HttpResponse:
        """Ends every session of the user."""

        def work(data: dict[str, Any]) -> None:
            set_password(actor=actor_of(request), user_id=account_id, password=data["password"])

        form, back = PasswordForm(request.POST or None), self.url("change", account_id)
        return form_page(request, self.permission, form, work, title="Set a password", back=back)

    @inject
    def reset_view(
        self, request: HttpRequest, account_id: UUID, issue: IssuePasswordReset = Provide["issue_password_reset"]
    ) -> HttpResponse:
        """Only this response ever contains the code."""
        back = self.url("change", account_id)

        def work(_data: dict[str, Any]) -> HttpResponse:
            reset, code = issue(actor=actor_of(request), user_id=account_id)
            context = self.admin_site.each_context(request)
            page = request.build_absolute_uri(reverse("reset_password"))
            context |= {"title": "Code for a new password", "reset": reset, "code": code, "page": page, "back": back}
            return TemplateResponse(
                request, "admin/registry/reset.html", context, headers={"Cache-Control": "no-store"}
            )

        form = forms.Form(request.POST if request.method == "POST" else None)
        return form_page(request, self.permission, form, work, title="Make a code for a new password", back=back)


@admin.register(models.AccountEvent)
class AccountEventAdmin(ActorAdmin):
    permission = Permission.MANAGE_USERS
    list_display = ["at", "action", "account_id", "details", "actor", "request_id"]
    extra_lookups = ["account_id"]
    list_filter = ["action"]
