"""The page on which users set a new password with a one-time code."""

from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.core_texts import translated
from core.accounts.errors import ResetCodeRefused
from core.accounts.password_resets import MAX_CODE_LENGTH
from core.accounts.passwords import MAX_PASSWORD_LENGTH
from core.accounts.use_cases import ResetPassword
from core.errors import ValidationError

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class NewPasswordForm(forms.Form):
    """The code is entered here and not part of a link, so that no log or browser history keeps it."""

    code = forms.CharField(
        max_length=MAX_CODE_LENGTH,
        label=gettext_lazy("The code from your admin"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Your new password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        validators=[MaxLengthValidator(MAX_PASSWORD_LENGTH)],  # max_length would make browsers truncate pasted text
    )


@csrf_exempt  # the code is the credential, no cookie is; and browsers send "Origin: null" for want of a referrer
@require_http_methods(["GET", "HEAD", "POST"])
@inject
def reset_password(request: HttpRequest, reset: Annotated[ResetPassword, Provide["reset_password"]]) -> HttpResponse:
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _is_reset(request, form, reset):
        return HttpResponseRedirect(reverse("password_is_reset"), headers=_HEADERS)
    status = 400 if form.errors else 200
    return TemplateResponse(request, "web/reset_password.html", {"form": form}, status=status, headers=_HEADERS)


def _is_reset(request: HttpRequest, form: NewPasswordForm, reset: ResetPassword) -> bool:
    """Adds the errors to the form."""
    try:
        reset(**form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""), request_id=request.META["REQUEST_ID"])
    except ValidationError as invalid:
        for error in invalid.errors:
            form.add_error(error.field, translated(error.message))
    except ResetCodeRefused as refused:
        form.add_error("code", translated(refused))
    return not form.errors


@require_safe
def password_is_reset(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "web/password_is_reset.html", headers=_HEADERS)
