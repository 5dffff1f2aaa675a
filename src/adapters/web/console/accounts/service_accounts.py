"""The service accounts, for admins."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.console.accounts.account_forms import confirm_change
from adapters.web.console.accounts.users import PER_PAGE, History, history_of
from adapters.web.console.accounts.words import key_state, permissions_in_words
from adapters.web.console.confirm import Question
from adapters.web.console.layout import page
from adapters.web.console.once import Done
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, TheClock
from core.accounts.service_accounts import MAX_LIVE_KEYS
from core.accounts.use_cases import ListServiceAccounts, UpdateServiceAccount, ViewServiceAccount

View = Annotated[ViewServiceAccount, Provide["view_service_account"]]
Update = Annotated[UpdateServiceAccount, Provide["update_service_account"]]


@require_safe
@staff_page
@inject
def service_accounts(
    request: HttpRequest,
    list_accounts: Annotated[ListServiceAccounts, Provide["list_service_accounts"]],
    clock: TheClock,
) -> HttpResponse:
    """Each with its live keys, the next to expire first."""
    found, now = list_accounts(actor=actor_of(request), after=id_in(request, "after"), limit=PER_PAGE), clock.now()
    rows = [
        (account, sorted((key for key in account.keys if key.is_live(now)), key=lambda key: key.expires_at))
        for account in found.items
    ]
    return page(request, "console/service_accounts.html", {"rows": rows, "next": found.next, "which": "service"})


@require_safe
@staff_page
@inject
def service_account(
    request: HttpRequest, account_id: UUID, view: View, view_history: History, name_actors: Names, clock: TheClock
) -> HttpResponse:
    """The keys are newest first."""
    account, now = view(actor=actor_of(request), account_id=account_id), clock.now()
    context = {
        "account": account,
        "permissions": permissions_in_words(account.role.permissions),
        "keys": [(key, key_state(key, now)) for key in reversed(account.keys)],
        "has_room": sum(key.is_live(now) for key in account.keys) < MAX_LIVE_KEYS,
    }
    shown = context | history_of(request, account_id, view_history, name_actors)
    return page(request, "console/service_account.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def disable_service_account(request: HttpRequest, account_id: UUID, view: View, update: Update) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:service_account", args=[account_id])

    def ask() -> Question:
        title = _("Disable %(name)s?") % {"name": view(actor=actor, account_id=account_id).name}
        meaning = _("All its keys stop working at once. Enabling the account lets them work again.")
        return Question(title, meaning, _("Disable the account"), back)

    done = Done(back, _("The service account is disabled."))
    return confirm_change(request, ask, lambda: update(actor=actor, account_id=account_id, is_active=False), done)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def enable_service_account(request: HttpRequest, account_id: UUID, view: View, update: Update) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:service_account", args=[account_id])

    def ask() -> Question:
        title = _("Enable %(name)s?") % {"name": view(actor=actor, account_id=account_id).name}
        meaning = _("Its keys work again, unless they were revoked or have expired.")
        return Question(title, meaning, _("Enable the account"), back)

    done = Done(back, _("The service account is enabled."))
    return confirm_change(request, ask, lambda: update(actor=actor, account_id=account_id, is_active=True), done)
