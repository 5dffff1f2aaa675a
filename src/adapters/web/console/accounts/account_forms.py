"""What the forms of users and of service accounts have in common."""

from collections.abc import Callable
from uuid import uuid4

from attrs import frozen
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from adapters.web.console.accounts.words import ROLES
from adapters.web.console.confirm import Question, confirm
from adapters.web.console.layout import page
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.staff import actor_of
from core.access import Permission


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=list(ROLES.items()), widget=forms.RadioSelect)


@frozen
class FormText:
    """`heading` may name the account, `title` does not. `back` is the address to return to without the form."""

    title: str
    heading: str
    hint: str
    button: str
    back: str


def show_form(request: HttpRequest, form: forms.Form, text: FormText) -> HttpResponse:
    """A form that is sent again after an error has a key of its own."""
    context = {"form": form, "text": text, "key": str(uuid4())}
    return page(request, "console/account_form.html", context, status=400 if form.errors else 200)


def confirm_change(
    request: HttpRequest, ask: Callable[[], Question], change: Callable[[], object], done: Done
) -> HttpResponse:
    """Of an account, for admins."""
    actor_of(request).require(Permission.MANAGE_USERS)

    def work() -> Done:
        change()
        return done

    return confirm(request, lambda: {"asked": ask()}, lambda: redirect_once(request, None, work))
