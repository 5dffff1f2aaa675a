"""The sessions of a user, for admins."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.console.accounts.account_forms import confirm_change
from adapters.web.console.accounts.users import View
from adapters.web.console.confirm import Question
from adapters.web.console.layout import page
from adapters.web.console.once import Done
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.accounts.use_cases import EndUserSession, EndUserSessions, ListUserSessions


@require_safe
@staff_page
@inject
def user_sessions(
    request: HttpRequest,
    user_id: UUID,
    view: View,
    list_sessions: Annotated[ListUserSessions, Provide["list_user_sessions"]],
) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "user": view(actor=actor, user_id=user_id),
        "sessions": list_sessions(actor=actor, user_id=user_id),
    }
    return page(request, "console/user_sessions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def end_user_session(
    request: HttpRequest,
    user_id: UUID,
    session_id: UUID,
    view: View,
    end: Annotated[EndUserSession, Provide["end_user_session"]],
) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:user_sessions", args=[user_id])

    def ask() -> Question:
        title = _("End this session of %(name)s?") % {"name": view(actor=actor, user_id=user_id).email}
        meaning = _("It stops working at once. Their other sessions stay, and they can sign in again.")
        return Question(title, meaning, _("End the session"), back)

    done = Done(back, _("The session has ended."))
    return confirm_change(request, ask, lambda: end(actor=actor, user_id=user_id, session_id=session_id), done)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def end_user_sessions(
    request: HttpRequest,
    user_id: UUID,
    view: View,
    end: Annotated[EndUserSessions, Provide["end_user_sessions"]],
) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:user_sessions", args=[user_id])

    def ask() -> Question:
        title = _("End all sessions of %(name)s?") % {"name": view(actor=actor, user_id=user_id).email}
        meaning = _(
            "They are signed out everywhere at once, also in browsers, and an earlier code for a new password stops "
            "working. They can sign in again: if somebody else knows their password, make a code as well."
        )
        return Question(title, meaning, _("End all sessions"), back)

    done = Done(back, _("All sessions have ended."))
    return confirm_change(request, ask, lambda: end(actor=actor, user_id=user_id), done)
