"""The users, for admins."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.console.accounts.words import event_in_words, permissions_in_words
from adapters.web.console.layout import page
from adapters.web.console.query import id_in
from adapters.web.console.sent_forms import add_refusal
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words
from core.accounts.use_cases import ListUsers, NameActors, UpdateUser, ViewAccountHistory, ViewUser
from core.values import MAX_EMAIL_LENGTH

PER_PAGE = 50
View = Annotated[ViewUser, Provide["view_user"]]
Update = Annotated[UpdateUser, Provide["update_user"]]
History = Annotated[ViewAccountHistory, Provide["view_account_history"]]


class EmailForm(forms.Form):
    email = forms.CharField(
        label=gettext_lazy("Email"), max_length=MAX_EMAIL_LENGTH, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def users(request: HttpRequest, list_users: Annotated[ListUsers, Provide["list_users"]]) -> HttpResponse:
    """The active or the disabled ones, or the one with an email, which is sent in a body to keep it out of URLs."""
    active = request.GET.get("show") != "disabled"
    form = EmailForm(request.POST if request.method == "POST" else None)

    def show(email: str | None = None, status: int = 200) -> HttpResponse:
        found = list_users(
            actor=actor_of(request),
            email=email,
            is_active=active if email is None else None,
            after=id_in(request, "after"),
            limit=PER_PAGE,
        )
        which = "email" if email is not None else "active" if active else "disabled"
        context = {"users": found.items, "next": found.next, "which": which, "form": form}
        return page(request, "console/users.html", context, status=status)

    answer = add_refusal(form, lambda: show(form.cleaned_data["email"])) if form.is_valid() else None
    return answer or show(status=400 if form.errors else 200)


@require_safe
@staff_page
@inject
def user(request: HttpRequest, user_id: UUID, view: View, view_history: History, name_actors: Names) -> HttpResponse:
    found = view(actor=actor_of(request), user_id=user_id)
    context = {"user": found, "permissions": permissions_in_words(found.role.permissions)}
    return page(request, "console/user.html", context | history_of(request, user_id, view_history, name_actors))


def history_of(
    request: HttpRequest, account_id: UUID, view_history: ViewAccountHistory, name_actors: NameActors
) -> dict[str, object]:
    """The context of `_account_history.html`."""
    actor, after = actor_of(request), id_in(request, "after")
    found = view_history(actor=actor, account_id=account_id, after=after, limit=PER_PAGE)
    who = actors_in_words(actor, {event.actor for event in found.items}, name_actors)
    return {"events": [(one, event_in_words(one), who[one.actor]) for one in found.items], "next": found.next}
