"""Who changed which record, and who looked at it, for those who may see the audit."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.audit.search_form import AuditForm
from adapters.web.console.layout import page
from adapters.web.console.patients.history import changes_of
from adapters.web.console.query import access_cursor_in, audit_cursor_in
from adapters.web.console.sent_forms import add_refusal
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words
from core.access import Actor, Permission
from core.access_log.entities import AccessAction, AccessFilters
from core.access_log.use_cases import ListAccesses
from core.accounts.use_cases import ListUsers, NameActors
from core.audit.use_cases import NamePatients, SearchAudit
from core.errors import InvalidValue, parse_field
from core.patients.audit import Action
from core.values import parse_email

PER_PAGE = 50
Users = Annotated[ListUsers, Provide["list_users"]]


@frozen
class Found:
    """What a page shows: `context`, and the rest of the address where the next page begins."""

    context: dict[str, object]
    next: str


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def audit(
    request: HttpRequest,
    search: Annotated[SearchAudit, Provide["search_audit"]],
    list_users: Users,
    name_actors: Names,
) -> HttpResponse:
    actor = actor_of(request)

    def find(filters: AccessFilters) -> Found:
        found = search(actor=actor, filters=filters, before=audit_cursor_in(request), limit=PER_PAGE)
        who = actors_in_words(actor, {event.actor for event in found.events}, name_actors)
        entries = [
            (event, who[event.actor], found.names.get(event.patient_id), changes_of(event)) for event in found.events
        ]
        last = found.next
        following = f"{last.at.isoformat()}|{last.patient_id}|{last.version}" if last else ""
        return Found({"entries": entries}, following)

    return _answer(request, "console/audit.html", Action, find, list_users, name_actors)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def audit_accesses(
    request: HttpRequest,
    list_accesses: Annotated[ListAccesses, Provide["list_accesses"]],
    name_patients: Annotated[NamePatients, Provide["name_patients"]],
    list_users: Users,
    name_actors: Names,
) -> HttpResponse:
    actor = actor_of(request)

    def find(filters: AccessFilters) -> Found:
        found = list_accesses(actor=actor, filters=filters, before=access_cursor_in(request), limit=PER_PAGE)
        who = actors_in_words(actor, {entry.actor for entry in found.entries}, name_actors)
        names = name_patients(actor=actor, ids={one.patient_id for one in found.entries if one.patient_id})
        entries = [
            (entry, who[entry.actor], names.get(entry.patient_id) if entry.patient_id else None)
            for entry in found.entries
        ]
        return Found({"entries": entries}, f"{found.next.at.isoformat()}|{found.next.number}" if found.next else "")

    return _answer(request, "console/audit_accesses.html", AccessAction, find, list_users, name_actors)


def _answer(
    request: HttpRequest,
    template: str,
    actions: Iterable[StrEnum],
    find: Callable[[AccessFilters], Found],
    list_users: ListUsers,
    name_actors: NameActors,
) -> HttpResponse:
    """A search is sent in a body and leads to its address, which has the id of a user instead of the email."""
    actor = actor_of(request)
    actor.require(Permission.VIEW_AUDIT)
    form = AuditForm(request.POST if request.method == "POST" else request.GET, actions)

    def send() -> HttpResponse:
        who = parse_field("who", lambda raw: _actor_named(actor, str(raw), list_users), form.cleaned_data["who"])
        if request.method == "POST":
            return HttpResponseRedirect(f"{request.path}?{form.address(who)}")
        found = find(form.filters(who))
        context = {
            "form": form,
            "who": _typed(actor, who, name_actors),
            "address": form.address(who),
            "next": found.next,
        }
        return page(request, template, found.context | context)

    answer = add_refusal(form, send) if form.is_valid() else None
    return answer or page(request, template, {"form": form, "who": form["who"].value()}, status=400)


def _actor_named(actor: Actor, given: str, list_users: ListUsers) -> str:
    """As the audit names them; empty for everybody. Raises `InvalidValue`."""
    if "@" not in given:
        return given if ":" in given or given in {"", "anonymous"} else f"service:{given}"
    for user in list_users(actor=actor, email=parse_email(given)).items:
        return f"user:{user.id}"
    raise InvalidValue("unknown", _("No user signs in with this email."))


def _typed(actor: Actor, who: str, name_actors: NameActors) -> str:
    """What `_actor_named` reads as the same."""
    if who.startswith("user:"):
        return name_actors(actor=actor, names=[who])[who] or who
    return who.removeprefix("service:")
