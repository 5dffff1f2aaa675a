"""Signing in and out. The admin site has the same backend and the same sessions, so that one sign-in is for both."""

from typing import cast

from django import forms
from django.contrib import auth
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from adapters.web.console.layout import home_of, page
from adapters.web.console.staff import signed_in
from adapters.web.core_texts import translated
from core.accounts.errors import WrongCredentials
from core.accounts.passwords import MAX_PASSWORD_LENGTH
from core.errors import TooManyRequests
from core.values import MAX_EMAIL_LENGTH

_AGAIN = "sign_in"  # the prefix of the fields that stand beside those of the form to send on
_SECRETS = {"csrfmiddlewaretoken", "current", "password"}  # are not kept


def password_field(label: str | Promise, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=cast("str", label),  # the stubs do not name the type of a lazy text
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        strip=False,
        validators=[MaxLengthValidator(MAX_PASSWORD_LENGTH)],  # max_length would make browsers truncate pasted text
    )


class SignInForm(forms.Form):
    email = forms.CharField(
        label=gettext_lazy("Email"),
        max_length=MAX_EMAIL_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "dir": "auto"}),
    )
    password = password_field(gettext_lazy("Password"), "current-password")


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    following = _following(request)
    if signed_in(request):
        return HttpResponseRedirect(following or home_of(request))
    form = SignInForm(request.POST if request.method == "POST" else None)
    if _signs_in(request, form):
        return HttpResponseRedirect(following or home_of(request))
    status = 400 if form.errors else 200
    return page(request, "console/sign_in.html", {"form": form, "following": following}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return HttpResponseRedirect(reverse("console:sign_in"))


def ask_to_sign_in(request: HttpRequest) -> HttpResponse | None:
    """None if the request itself signs in. What was sent with a form is kept while its sender signs in again."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)  # the script says so, and the form stays as it is
    if request.method != "POST":
        return HttpResponseRedirect(f"{reverse('console:sign_in')}?{urlencode({'next': request.path})}")
    form = SignInForm(request.POST if f"{_AGAIN}-email" in request.POST else None, prefix=_AGAIN)
    if _signs_in(request, form):
        return None
    others = [(name, value) for name, values in request.POST.lists() for value in values]
    kept = [(name, value) for name, value in others if name not in _SECRETS and not name.startswith(f"{_AGAIN}-")]
    return page(request, "console/sign_in_again.html", {"form": form, "kept": kept}, status=403)


def _signs_in(request: HttpRequest, form: SignInForm) -> bool:
    """Adds the reason to the form, if not."""
    if not form.is_valid():
        return False
    given = form.cleaned_data
    try:
        user = auth.authenticate(request, username=given["email"], password=given["password"])
    except TooManyRequests as error:
        form.add_error(None, translated(error))
        return False
    if user is None:
        form.add_error(None, translated(WrongCredentials.message))
        return False
    auth.login(request, user)
    return True


def _following(request: HttpRequest) -> str:
    """Where to go on; only in the console."""
    given = request.POST.get("next") or request.GET.get("next", "")
    inside = given.startswith(reverse("console:find")) and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if inside else ""
