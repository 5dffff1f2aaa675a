"""What changed in a record, when, and who changed it."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from adapters.web.console.layout import page
from adapters.web.console.patients.patient import View, head
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words, label, lines_of
from core.patients.audit import AuditEvent
from core.patients.fields import FieldJson
from core.patients.use_cases import ViewHistory


@frozen
class Change:
    """The lines of a field before and after."""

    label: str
    before: list[str]
    after: list[str]


def changes_between(before: Mapping[str, FieldJson], after: Mapping[str, FieldJson]) -> list[Change]:
    """Of the fields in `after` that differ."""
    return [
        Change(label(name), lines_of(name, before.get(name)), lines_of(name, value))
        for name, value in after.items()
        if before.get(name) != value
    ]


@require_safe
@staff_page
@inject
def history(
    request: HttpRequest,
    patient_id: UUID,
    view: View,
    view_history: Annotated[ViewHistory, Provide["view_history"]],
    name_actors: Names,
) -> HttpResponse:
    actor = actor_of(request)
    found = view_history(actor=actor, patient_id=patient_id, before_version=_before(request))
    shown = view(actor=actor, patient_id=patient_id)
    names = actors_in_words(actor, {event.actor for event in found.events}, name_actors)
    entries = [(event, names[event.actor], changes_of(event)) for event in found.events]
    return page(request, "console/history.html", {**head(shown), "entries": entries, "next": found.next})


def changes_of(event: AuditEvent) -> list[Change]:
    return changes_between(event.values.before, event.values.after) if event.values else []


def _before(request: HttpRequest) -> int | None:
    given = request.GET.get("before", "")
    if given and not (given.isdecimal() and len(given) < 10):
        raise Http404
    return int(given) if given else None
