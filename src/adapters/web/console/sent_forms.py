"""Forms whose values the core checks: its errors are shown at their fields."""

from collections.abc import Callable

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from adapters.web.console.once import Done, redirect_once
from adapters.web.core_texts import translated
from core.accounts.errors import LastAdmin, UserEmailTaken
from core.errors import Conflict, ValidationError
from core.idempotency.errors import KeyReused
from core.posts.errors import SlugTaken

_FIELDS: dict[type[Conflict], str] = {SlugTaken: "title", UserEmailTaken: "email", LastAdmin: "role"}


def send_once(request: HttpRequest, form: forms.Form, work: Callable[[], Done]) -> HttpResponse | None:
    """Does `work` once and leads on. None if the form is invalid or `work` refuses it: the form then has the errors."""
    return add_refusal(form, lambda: redirect_once(request, form.cleaned_data, work)) if form.is_valid() else None


def add_refusal(form: forms.Form, send: Callable[[], HttpResponse]) -> HttpResponse | None:
    """The answer of `send`, or None if the core refuses the values: the form then has the errors."""
    try:
        return send()
    except ValidationError as invalid:
        for error in invalid.errors:
            name = error.field.partition(".")[0]
            form.add_error(name if name in form.fields else None, translated(error.message))
    except Conflict as error:
        form.add_error(_FIELDS.get(type(error)), translated(error))
    except KeyReused:
        form.add_error(None, _("This form was sent before, with other values. See whether they were saved."))
    return None
