"""Creating a user, and changing a role."""

from secrets import token_urlsafe
from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.accounts.account_forms import FormText, RoleForm, show_form
from adapters.web.console.accounts.users import EmailForm, Update, View
from adapters.web.console.once import Done
from adapters.web.console.sent_forms import send_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.accounts.use_cases import CreateUser


class NewUserForm(EmailForm, RoleForm):
    field_order = ("email", "role")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def new_user(request: HttpRequest, create: Annotated[CreateUser, Provide["create_user"]]) -> HttpResponse:
    """With a password that nobody knows: the user chooses one with a code."""
    actor = actor_of(request)
    actor.require(Permission.MANAGE_USERS)
    form = NewUserForm(request.POST if request.method == "POST" else None)

    def work() -> Done:
        made = create(actor=actor, password=token_urlsafe(32), **form.cleaned_data)
        return Done(
            reverse("console:user", args=[made.id]),
            _("The user is created. Make a code, with which they choose a password."),
        )

    title = _("Create a user")
    hint = _("Next, you make a code. With it the user chooses a password that nobody else knows.")
    text = FormText(title, title, hint, _("Create the user"), reverse("console:users"))
    return send_once(request, form, work) or show_form(request, form, text)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def change_role(request: HttpRequest, user_id: UUID, view: View, update: Update) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:user", args=[user_id])
    user = view(actor=actor, user_id=user_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": user.role})

    def work() -> Done:
        update(actor=actor, user_id=user_id, **form.cleaned_data)
        return Done(back, _("The role is changed."))

    heading = _("The role of %(name)s") % {"name": user.email}
    text = FormText(
        _("Change the role"),
        heading,
        _("The new role applies from their next request on."),
        _("Change the role"),
        back,
    )
    return send_once(request, form, work) or show_form(request, form, text)
