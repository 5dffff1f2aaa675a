"""Pages with a form that a use case gets. The admin's own forms save rows, in a transaction of their own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from adapters.django_orm.accounts.models import User
from core.access import Actor, Permission, Role
from core.accounts.passwords import MAX_PASSWORD_LENGTH
from core.errors import RegistryError, ValidationError

ROLES = [(role.value, role.value) for role in Role]
Work = Callable[[dict[str, Any]], HttpResponse | None]  # what a form holds, its fields say


def password_field(label: str, autocomplete: str = "new-password") -> forms.CharField:
    return forms.CharField(
        label=label,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        strip=False,
        validators=[MaxLengthValidator(MAX_PASSWORD_LENGTH)],  # max_length has browsers cut what is pasted
    )


def signed_in_user(request: HttpRequest) -> User:
    """Whoever is signed in, behind the site's own check."""
    assert isinstance(request.user, User)
    return request.user


def actor_of(request: HttpRequest) -> Actor:
    staff = signed_in_user(request)
    return Actor.user(staff.id, Role(staff.role), request.META["REQUEST_ID"])


def may(request: HttpRequest, permission: Permission) -> bool:
    return isinstance(request.user, User) and permission in Role(request.user.role).permissions


def form_page(
    request: HttpRequest, needed: Permission | None, form: forms.Form, work: Work, *, title: str, back: str
) -> HttpResponse:
    """Shows the form; once it is filled in, does the work and goes back, or shows the answer that `work` gives. What
    the use case refuses is told at its field."""
    if needed is not None and not may(request, needed):
        raise PermissionDenied
    for name in form.fields:
        if len(request.POST.getlist(name)) > 1:
            form.add_error(name, "Must be sent once.")
    if request.method == "POST" and form.is_valid():
        try:
            answer = work(form.cleaned_data)
        except ValidationError as invalid:
            for error in invalid.errors:
                form.add_error(error.field if error.field in form.fields else None, error.message)
        except RegistryError as error:
            form.add_error(None, str(error))
        else:
            if answer is None:
                messages.success(request, "Done.")
            return answer or HttpResponseRedirect(back)
    context = site.each_context(request) | {"title": title, "form": form, "back": back}
    return TemplateResponse(request, "admin/registry/form.html", context)
