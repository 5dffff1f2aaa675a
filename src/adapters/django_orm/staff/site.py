from typing import Any

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from adapters.django_orm.accounts import models
from adapters.django_orm.staff.pages import actor_of, form_page, password_field, staff_of
from core.accounts.ports import UserRepository
from core.accounts.sessions import SignedIn
from core.accounts.use_cases import ChangeOwnPassword
from core.errors import TooManyRequests


class SignInForm(AdminAuthenticationForm):
    password = password_field("Password", "current-password")

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except TooManyRequests as error:
            raise forms.ValidationError(str(error)) from None


class OwnPasswordForm(forms.Form):
    current = password_field("Your password", "current-password")
    password = password_field("Your new password")


class StaffSite(AdminSite):
    site_title = site_header = "Patient registry"
    index_title = "Records"
    login_form = SignInForm

    @inject
    def password_change(  # type: ignore[override]  # it goes back where Django shows another page
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,
        change: ChangeOwnPassword = Provide["change_own_password"],
        users: UserRepository = Provide["users"],
    ) -> HttpResponse:
        """Every other session of the user ends."""
        user_id = staff_of(request).id

        def work(given: dict[str, str]) -> None:
            change(me=SignedIn(users.get(user_id), actor_of(request)), **given)
            update_session_auth_hash(request, models.User.objects.get(id=user_id))

        form = OwnPasswordForm(request.POST or None)
        return form_page(request, None, form, work, title="Change your password", back=reverse("admin:index"))
