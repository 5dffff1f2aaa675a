"""Pages with a form whose data goes to a use case. The forms of Django's admin would save rows directly."""

from collections.abc import Callable
from typing import Any, Unpack

from dependency_injector.wiring import Provide, inject
from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from adapters.django_orm.accounts.models import User
from core.access import Actor, Permission, Role
from core.access_log.entities import AccessAction, Seen
from core.access_log.use_cases import RecordAccess
from core.accounts.passwords import MAX_PASSWORD_LENGTH
from core.errors import Forbidden, RegistryError, ValidationError

Work = Callable[[dict[str, Any]], None]  # the form's cleaned data


def password_field(label: str, autocomplete: str = "new-password") -> forms.CharField:
    return forms.CharField(
        label=label,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        strip=False,
        validators=[MaxLengthValidator(MAX_PASSWORD_LENGTH)],  # max_length would make browsers truncate pasted text
    )


def current_user(request: HttpRequest) -> User:
    """Only for views behind `RegistryAdminSite.admin_view`, which requires a signed-in user."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    user = current_user(request)
    return Actor.user(user.id, Role(user.role), request.META["REQUEST_ID"], request.META.get("REMOTE_ADDR", ""))


@inject
def record_access(
    request: HttpRequest,
    action: AccessAction,
    *,
    record: RecordAccess = Provide["record_access"],
    **seen: Unpack[Seen],
) -> None:
    record(actor=actor_of(request), action=action, **seen)


def record_refusal(request: HttpRequest, error: Exception) -> None:
    """Nothing for any other error."""
    if isinstance(error, Forbidden | PermissionDenied):
        page = request.resolver_match.url_name if request.resolver_match else ""
        record_access(request, AccessAction.REFUSED, detail=page or "")


def may(request: HttpRequest, permission: Permission) -> bool:
    return isinstance(request.user, User) and permission in Role(request.user.role).permissions


def form_page(request: HttpRequest, form: forms.Form, work: Work, *, title: str, back: str) -> HttpResponse:
    """Shows the form. When it is submitted and valid, calls `work` and redirects to `back`. Errors of the use case are
    shown at their fields."""
    for name in form.fields:
        if len(request.POST.getlist(name)) > 1:
            form.add_error(name, "Must be sent only once.")
    if request.method == "POST" and form.is_valid():
        try:
            work(form.cleaned_data)
        except ValidationError as invalid:
            for error in invalid.errors:
                name = error.field.partition(".")[0]
                form.add_error(name if name in form.fields else None, error.message)
        except RegistryError as error:
            record_refusal(request, error)
            form.add_error(None, str(error))
        else:
            messages.success(request, "Done.")
            return HttpResponseRedirect(back)
    context = site.each_context(request) | {"title": title, "form": form, "back": back}
    return TemplateResponse(request, "admin/registry/form.html", context)
