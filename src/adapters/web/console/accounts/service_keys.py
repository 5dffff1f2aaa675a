"""The keys of a service account."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, cast
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.console.accounts.account_forms import confirm_change
from adapters.web.console.accounts.service_accounts import View
from adapters.web.console.accounts.words import PERMISSIONS, key_state, permissions_in_words
from adapters.web.console.confirm import Question
from adapters.web.console.layout import page
from adapters.web.console.once import Done
from adapters.web.console.query import id_in
from adapters.web.console.sent_forms import send_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import TheClock
from core.access import Role
from core.accounts.key_limits import MAX_NETWORK_LENGTH, MAX_NETWORKS
from core.accounts.service_accounts import ServiceAccount
from core.accounts.service_keys import KEY_LIFETIME, MAX_KEY_NAME_LENGTH, ServiceKey
from core.accounts.use_cases import CreateServiceKey, RevokeServiceKey

_LAST_SECOND = time(23, 59, 59)


class KeyForm(forms.Form):
    """For an account of the role."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=MAX_KEY_NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("To recognize the key by, such as the month."),
    )
    expires_at = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("At most a year from now."),
    )
    networks = forms.CharField(
        label=gettext_lazy("Networks"),
        required=False,
        max_length=2 * MAX_NETWORKS * MAX_NETWORK_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One on each line, such as 192.0.2.0/24. Without any, the key works from everywhere."),
    )
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"),
        required=False,
        choices=list(PERMISSIONS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Those that the machine needs. Without any, the key has all that the role has."),
    )

    def __init__(self, role: Role, data: QueryDict | None, initial: Mapping[str, object]) -> None:
        super().__init__(data, initial=dict(initial))
        permissions = cast("forms.MultipleChoiceField", self.fields["permissions"])
        permissions.choices = [(one, words) for one, words in PERMISSIONS.items() if one in role.permissions]

    def clean_expires_at(self) -> str | None:
        """In RFC 3339."""
        day: date | None = self.cleaned_data["expires_at"]
        zone = timezone.get_current_timezone()
        return datetime.combine(day, _LAST_SECOND, zone).isoformat() if day else None

    def clean_networks(self) -> list[str]:
        return self.cleaned_data["networks"].split()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def new_service_key(
    request: HttpRequest,
    account_id: UUID,
    view: View,
    create: Annotated[CreateServiceKey, Provide["create_service_key"]],
    clock: TheClock,
) -> HttpResponse:
    """Shows the key once. Sent twice, it makes no second key and shows none: no stored answer may have a key."""
    actor, back = actor_of(request), reverse("console:service_account", args=[account_id])
    account = view(actor=actor, account_id=account_id)
    initial = {"expires_at": clock.today() + KEY_LIFETIME, **_limits_of(account, id_in(request, "like"))}
    form = KeyForm(account.role, request.POST if request.method == "POST" else None, initial)
    made: list[tuple[ServiceKey, str]] = []

    def work() -> Done:
        made.append(create(actor=actor, account_id=account_id, **form.cleaned_data))
        return Done(reverse("console:service_key", args=[account_id, made[-1][0].id]))

    answer = send_once(request, form, work)
    if answer and made:
        key, token = made[-1]
        return page(request, "console/service_key_made.html", {"account": account, "key": key, "token": token})
    context = {"account": account, "form": form, "back": back, "key": str(uuid4())}
    return answer or page(request, "console/service_key_form.html", context, status=400 if form.errors else 200)


def _limits_of(account: ServiceAccount, key_id: UUID | None) -> dict[str, object]:
    """Of another key of the account. Raises `ServiceKeyNotFound`."""
    if key_id is None:
        return {}
    key = account.key(key_id)
    return {"networks": "\n".join(map(str, key.networks)), "permissions": key.permissions}


@require_safe
@staff_page
@inject
def service_key(request: HttpRequest, account_id: UUID, key_id: UUID, view: View, clock: TheClock) -> HttpResponse:
    account = view(actor=actor_of(request), account_id=account_id)
    key = account.key(key_id)
    context = {
        "account": account,
        "key": key,
        "state": key_state(key, clock.now()),
        "permissions": permissions_in_words(key.permissions_in(account.role)),
    }
    return page(request, "console/service_key.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def revoke_service_key(
    request: HttpRequest,
    account_id: UUID,
    key_id: UUID,
    view: View,
    revoke: Annotated[RevokeServiceKey, Provide["revoke_service_key"]],
) -> HttpResponse:
    actor, back = actor_of(request), reverse("console:service_key", args=[account_id, key_id])

    def ask() -> Question:
        title = _("Revoke the key %(name)s?") % {"name": view(actor=actor, account_id=account_id).key(key_id).name}
        meaning = _("It stops working at once and for ever. Give the machine another key first.")
        return Question(title, meaning, _("Revoke the key"), back)

    done = Done(reverse("console:service_account", args=[account_id]), _("The key is revoked."))
    return confirm_change(request, ask, lambda: revoke(actor=actor, account_id=account_id, key_id=key_id), done)
