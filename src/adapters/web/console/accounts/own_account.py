"""The user's own account."""

from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django import forms
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.console.accounts.words import permissions_in_words
from adapters.web.console.layout import home_of, page
from adapters.web.console.sign_in import password_field
from adapters.web.console.staff import Staff, actor_of, principal_of, signed_in
from adapters.web.console.staff_page import staff_page
from adapters.web.core_texts import translated
from core.accounts.use_cases import ChangeOwnPassword
from core.errors import TooManyRequests, ValidationError


class OwnPasswordForm(forms.Form):
    current = password_field(gettext_lazy("Your password"), "current-password")
    password = password_field(gettext_lazy("Your new password"), "new-password")


@require_safe
@staff_page
def account(request: HttpRequest) -> HttpResponse:
    return page(request, "console/account.html", {"permissions": permissions_in_words(actor_of(request).permissions)})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def password(
    request: HttpRequest, change: Annotated[ChangeOwnPassword, Provide["change_own_password"]]
) -> HttpResponse:
    """Ends every other session of the user."""
    user = signed_in(request)
    assert user  # behind staff_page
    form = OwnPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _is_changed(request, user, form, change):
        messages.success(request, _("Your password is changed. Your other sessions have ended."))
        return HttpResponseRedirect(home_of(request))
    status = 400 if form.errors else 200
    return page(request, "console/password.html", {"form": form}, status=status)


def _is_changed(request: HttpRequest, user: Staff, form: OwnPasswordForm, change: ChangeOwnPassword) -> bool:
    """Adds the errors to the form."""
    try:
        change(principal=principal_of(request, user), **form.cleaned_data)
    except ValidationError as invalid:
        for error in invalid.errors:
            form.add_error(error.field, translated(error.message))
        return False
    except TooManyRequests as error:
        form.add_error(None, translated(error))
        return False
    if changed := auth.load_backend(settings.AUTHENTICATION_BACKENDS[0]).get_user(user.id):
        auth.update_session_auth_hash(request, changed)
    return True
