"""What the pages of the console have in common."""

from collections.abc import Mapping

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from adapters.web.console.staff import actor_of, may, signed_in
from core.access import Permission
from core.errors import Unavailable
from core.ports import Clock
from core.upstreams.entities import CircuitState
from core.upstreams.use_cases import ViewUpstreamState

_NAVIGATION = (
    (gettext_lazy("Find"), "console:find", Permission.VIEW_PATIENTS),
    (gettext_lazy("Register"), "console:register", Permission.REGISTER_PATIENTS),
    (gettext_lazy("Duplicates"), "console:queue", Permission.REVIEW_PATIENTS),
    (gettext_lazy("Overview"), "console:overview", Permission.MANAGE_JOBS),
    (gettext_lazy("Import"), "console:import", Permission.IMPORT_PATIENTS),
    (gettext_lazy("Jobs"), "console:jobs", Permission.MANAGE_JOBS),
    (gettext_lazy("Upstream"), "console:upstreams", Permission.MANAGE_UPSTREAMS),
    (gettext_lazy("Notices"), "console:notices", Permission.VIEW_POSTS),
    (gettext_lazy("Accounts"), "console:users", Permission.MANAGE_USERS),
    (gettext_lazy("Audit"), "console:audit", Permission.VIEW_AUDIT),
)
_SECTIONS = {"patients": "", "service-accounts": "users"}  # of pages whose addresses begin differently


@inject
def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    clock: Clock = Provide["clock"],
    upstream_state: ViewUpstreamState = Provide["view_upstream_state"],
) -> HttpResponse:
    """With the navigation that the user's permissions allow, and whether upstream is down. No cache keeps it."""
    allowed = [
        (label, reverse(name), _section(request.path) == _section(reverse(name)))
        for label, name, permission in _NAVIGATION
        if may(request, permission)
    ]
    shared = {"me": signed_in(request), "navigation": allowed, "home": home_of(request)}
    times = {"now": clock.now(), "today": clock.today(), "upstream_state": _known(request, upstream_state)}
    return TemplateResponse(
        request, template, shared | times | dict(context or {}), status=status, headers={"Cache-Control": "no-store"}
    )


def _section(path: str) -> str:
    """The part of the console that a page belongs to."""
    section = path.removeprefix(reverse("console:find")).partition("/")[0]
    return _SECTIONS.get(section, section)


def _known(request: HttpRequest, upstream_state: ViewUpstreamState) -> CircuitState | None:
    """None for users who see no patients, and if it cannot be read: an error page must not fail for it."""
    if not may(request, Permission.VIEW_PATIENTS):
        return None
    try:
        return upstream_state(actor=actor_of(request))
    except Unavailable:
        return None


def home_of(request: HttpRequest) -> str:
    return reverse("console:find" if may(request, Permission.VIEW_PATIENTS) else "console:notices")
