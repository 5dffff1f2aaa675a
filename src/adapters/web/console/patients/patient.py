"""The page of a patient, and who looked at the record."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from adapters.web.console.layout import page
from adapters.web.console.patients.candidates import about, find_candidates
from adapters.web.console.query import access_cursor_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, TheClock, actors_in_words, label, lines_of, span_in_words
from core.access_log.use_cases import ListAccesses
from core.overview.entities import FRESH_FOR
from core.patients.entities import Patient
from core.patients.fields import Changes
from core.patients.use_cases import ViewPatient
from core.patients.values import SETTABLE_STATUSES
from core.ports import Clock

View = Annotated[ViewPatient, Provide["view_patient"]]


@frozen
class Freshness:
    """`state` is `fresh`, `stale` or `never`; empty without an upstream record."""

    state: str
    text: str

    @classmethod
    def of(cls, patient: Patient, now: datetime) -> "Freshness":
        if patient.external_id is None:
            return cls("", _("Not linked to the upstream system: there is no external id."))
        if patient.last_synced_at is None:
            return cls("never", _("There was no sync yet."))
        age = span_in_words(patient.last_synced_at, now)
        is_fresh = now - patient.last_synced_at <= FRESH_FOR
        said = _("Synced %(age)s ago.") if is_fresh else _("Not synced for %(age)s.")
        return cls("fresh" if is_fresh else "stale", said % {"age": age})


@require_safe
@staff_page
@inject
def patient(request: HttpRequest, patient_id: UUID, view: View, clock: TheClock) -> HttpResponse:
    return show_patient(request, view(actor=actor_of(request), patient_id=patient_id), clock)


def show_patient(request: HttpRequest, found: Patient, clock: Clock, **more: object) -> HttpResponse:
    context = {
        **head(found),
        "rows": [
            (label(name), lines_of(name, value))
            for name, value in found.to_json().items()
            if value not in (None, False, []) and name != "status"
        ],
        "freshness": Freshness.of(found, clock.now()),
        **more,
    }
    return page(request, "console/patient.html", context)


def head(found: Patient) -> dict[str, object]:
    """What the top of each page about a patient shows."""
    moves = [one for one in SETTABLE_STATUSES if found.status.may_become(one)]
    return {"patient": found, "moves": moves}


@require_safe
@staff_page
@inject
def duplicates(request: HttpRequest, patient_id: UUID, view: View) -> HttpResponse:
    found = view(actor=actor_of(request), patient_id=patient_id)
    details = cast("Changes", {name: value for name, value in found.to_json().items() if name != "status"})
    others = [one for one in find_candidates(request, details) if one.patient.id != found.survivor_id]
    return page(request, "console/duplicates.html", {**head(found), **about(others)})


@require_safe
@staff_page
@inject
def accesses(
    request: HttpRequest,
    patient_id: UUID,
    view: View,
    list_accesses: Annotated[ListAccesses, Provide["list_accesses"]],
    name_actors: Names,
) -> HttpResponse:
    actor = actor_of(request)
    found = list_accesses(actor=actor, filters={"patient_id": patient_id}, before=access_cursor_in(request))
    shown = view(actor=actor, patient_id=patient_id)
    names = actors_in_words(actor, {entry.actor for entry in found.entries}, name_actors)
    entries = [(entry, names[entry.actor]) for entry in found.entries]
    following = f"{found.next.at.isoformat()}|{found.next.number}" if found.next else ""
    return page(request, "console/accesses.html", {**head(shown), "entries": entries, "next": following})
