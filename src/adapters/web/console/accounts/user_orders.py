"""Disabling and enabling a user, and a code for a new password."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.accounts.account_forms import confirm_change
from adapters.web.console.accounts.users import Update, View
from adapters.web.console.confirm import Question, confirm
from adapters.web.console.layout import page
from adapters.web.console.once import Done
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.accounts.use_cases import IssuePasswordReset


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def disable_user(request: HttpRequest, user_id: UUID, view: View, update: Update) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:user", args=[user_id])

    def ask() -> Question:
        title = _("Disable %(name)s?") % {"name": view(actor=actor, user_id=user_id).email}
        meaning = _("They cannot sign in, and all their sessions end at once. What they did stays in the history.")
        return Question(title, meaning, _("Disable the user"), back)

    done = Done(back, _("The user is disabled."))
    return confirm_change(request, ask, lambda: update(actor=actor, user_id=user_id, is_active=False), done)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def enable_user(request: HttpRequest, user_id: UUID, view: View, update: Update) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:user", args=[user_id])

    def ask() -> Question:
        title = _("Enable %(name)s?") % {"name": view(actor=actor, user_id=user_id).email}
        meaning = _("They can sign in again, with the same password and role. Sessions that ended stay ended.")
        return Question(title, meaning, _("Enable the user"), back)

    done = Done(back, _("The user is enabled."))
    return confirm_change(request, ask, lambda: update(actor=actor, user_id=user_id, is_active=True), done)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def reset_password(
    request: HttpRequest,
    user_id: UUID,
    view: View,
    issue: Annotated[IssuePasswordReset, Provide["issue_password_reset"]],
) -> HttpResponse:
    """Shows the code once. Sent twice, it makes a second code, which replaces the first: no answer may keep a code."""
    actor, back = actor_of(request), reverse("console:user", args=[user_id])
    user = view(actor=actor, user_id=user_id)

    def ask() -> dict[str, object]:
        meaning = _(
            "With it they choose a new password within an hour. An earlier code stops working. Their password and "
            "sessions stay until the code is used."
        )
        return {"asked": Question(_("Make a code for %s?") % user.email, meaning, _("Make a code"), back)}

    def send() -> HttpResponse:
        reset, code = issue(actor=actor, user_id=user_id)
        return page(request, "console/reset_code.html", {"user": user, "code": code, "reset": reset})

    return confirm(request, ask, send)
