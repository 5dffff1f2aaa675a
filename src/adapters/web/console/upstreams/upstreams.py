"""The upstream system: its state in words, and how admins isolate and close it."""

from typing import Annotated

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from adapters.web.console.confirm import Question, confirm
from adapters.web.console.layout import page
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words
from core.access import Permission
from core.upstreams.entities import CircuitState, UpstreamReport, UpstreamStatus
from core.upstreams.errors import UpstreamNotFound
from core.upstreams.use_cases import ListUpstreams, OverrideUpstream

ListAll = Annotated[ListUpstreams, Provide["list_upstreams"]]
STATES: dict[CircuitState, tuple[str | Promise, str | Promise]] = {
    CircuitState.CLOSED: (gettext_lazy("Working"), gettext_lazy("Calls are sent.")),
    CircuitState.HALF_OPEN: (
        gettext_lazy("On trial"),
        gettext_lazy("It failed. A few calls are sent to see whether it answers again."),
    ),
    CircuitState.OPEN: (gettext_lazy("Failing"), gettext_lazy("It failed too often. No calls are sent for a while.")),
    CircuitState.ISOLATED: (gettext_lazy("Isolated"), gettext_lazy("An admin has isolated it. No calls are sent.")),
}


@frozen
class Order:
    question: str | Promise
    meaning: str | Promise
    button: str | Promise
    done: str | Promise


ORDERS = {
    "isolate": Order(
        gettext_lazy("Isolate {upstream}?"),
        gettext_lazy(
            "No calls are sent to it until an admin lets them again. Records stay as they are; a sync waits, or says "
            "that upstream is not available."
        ),
        gettext_lazy("Isolate it"),
        gettext_lazy("No calls are sent to it any more."),
    ),
    "close": Order(
        gettext_lazy("Send calls to {upstream} again?"),
        gettext_lazy("This ends its isolation and closes every open circuit, so that calls are sent at once."),
        gettext_lazy("Send calls again"),
        gettext_lazy("Calls are sent to it again."),
    ),
}


@frozen
class Upstream:
    """`worst` is the state that is furthest from normal, of the processes that reported."""

    status: UpstreamStatus
    worst: CircuitState
    who: str

    @property
    def label(self) -> str:
        return str(STATES[self.worst][0])

    @property
    def meaning(self) -> str:
        return str(STATES[self.worst][1])

    @property
    def processes(self) -> list[tuple[UpstreamReport, str]]:
        return [(report, str(STATES[report.state][0])) for report in self.status.reports]


@require_safe
@staff_page
@inject
def upstreams(request: HttpRequest, list_upstreams: ListAll, name_actors: Names) -> HttpResponse:
    actor = actor_of(request)
    found = list_upstreams(actor=actor)
    who = actors_in_words(actor, {one.override.actor for one in found if one.override}, name_actors)
    shown = [Upstream(one, _worst(one), who[one.override.actor] if one.override else "") for one in found]
    return page(request, "console/upstreams.html", {"upstreams": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def order_upstream(
    request: HttpRequest,
    name: str,
    order: str,
    list_upstreams: ListAll,
    override: Annotated[OverrideUpstream, Provide["override_upstream"]],
) -> HttpResponse:
    """Asks for confirmation first."""
    actor = actor_of(request)
    actor.require(Permission.MANAGE_UPSTREAMS)
    if order not in ORDERS:
        raise Http404
    chosen, back = ORDERS[order], reverse("console:upstreams")

    def ask() -> dict[str, object]:
        if name not in {one.upstream for one in list_upstreams(actor=actor)}:
            raise UpstreamNotFound
        title = str(chosen.question).format(upstream=name)
        return {"title": title, "asked": Question(title, str(chosen.meaning), str(chosen.button), back)}

    def send() -> HttpResponse:
        override(actor=actor, upstream=name, isolated=order == "isolate")
        messages.success(request, str(chosen.done))
        return HttpResponseRedirect(back)

    return confirm(request, ask, send)


def _worst(status: UpstreamStatus) -> CircuitState:
    if status.isolated:
        return CircuitState.ISOLATED
    states = {report.state for report in status.reports}
    return next((one for one in (CircuitState.OPEN, CircuitState.HALF_OPEN) if one in states), CircuitState.CLOSED)
