from collections.abc import Callable
from contextlib import suppress
from functools import update_wrapper
from time import time
from typing import Any, TypeVar, cast

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, reverse
from structlog.contextvars import bind_contextvars

from adapters.django_orm.accounts.models import User
from adapters.django_orm.accounts.repository import user_of
from adapters.django_orm.admin_site.pages import (
    actor_of,
    current_user,
    form_page,
    password_field,
    record_access,
    record_refusal,
)
from adapters.django_orm.admin_site.sessions import SIGNED_IN_AT
from core.access_log.entities import AccessAction
from core.accounts.sessions import Principal
from core.accounts.use_cases import ChangeOwnPassword
from core.errors import TooManyRequests, Unavailable

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@receiver(user_logged_in)
def save_sign_in_time(request: HttpRequest, **_: object) -> None:
    request.session[SIGNED_IN_AT] = time()


@receiver(user_logged_in)
def record_sign_in(request: HttpRequest, **_: object) -> None:
    record_access(request, AccessAction.SIGNED_IN)


@receiver(user_logged_out)
def record_sign_out(request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None:
        with suppress(Unavailable):  # nobody stays signed in because the log is full
            record_access(request, AccessAction.SIGNED_OUT)


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


class RegistryAdminSite(AdminSite):
    site_title = site_header = "Patient registry"
    index_title = "Records"
    login_form = SignInForm

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without Django's `view_on_site`, because records have no page outside the admin, and without its
        `autocomplete`, a search that no page uses."""
        unused = {"view_on_site", "autocomplete"}
        return [url for url in super().get_urls() if getattr(url, "name", None) not in unused]

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Names the user in the logs. Redirects users whose password an admin has set to the page that changes it."""
        checked = super().admin_view(view, cacheable)

        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                return checked(request, *args, **kwargs)
            bind_contextvars(actor=actor_of(request).name)
            change = reverse("admin:password_change")
            if request.path not in {change, reverse("admin:logout")} and current_user(request).must_change_password:
                return HttpResponseRedirect(change)
            try:
                return checked(request, *args, **kwargs)
            except PermissionDenied as error:
                record_refusal(request, error)
                raise

        return cast("View", update_wrapper(wrapped, checked))

    @inject
    def password_change(  # type: ignore[override]  # Django takes fewer parameters
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,
        change: ChangeOwnPassword = Provide["change_own_password"],
    ) -> HttpResponse:
        """Ends every other session of the user."""
        user = current_user(request)

        def work(data: dict[str, str]) -> None:
            me = Principal(user_of(user), actor_of(request))
            change(principal=me, **data)
            user.refresh_from_db()
            update_session_auth_hash(request, user)

        form = OwnPasswordForm(request.POST or None)
        return form_page(request, form, work, title="Change your password", back=reverse("admin:index"))
