"""The merges of a record, and undoing one."""

from typing import Annotated
from uuid import UUID, uuid4

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from adapters.web.console.layout import page
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.patients.conflicts import explain_conflict
from adapters.web.console.patients.patient import head
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import LABELS, actors_in_words
from adapters.web.formats import listed
from core.accounts.use_cases import NameActors
from core.errors import Conflict
from core.matching.entities import Merge, UndoResult
from core.matching.use_cases import ListMerges, UndoMerge
from core.patients.entities import Patient
from core.patients.use_cases import ViewPatient

PER_PAGE = 10  # each shows the name of another patient


@frozen
class Entry:
    """`counterpart` is the other patient of the merge, who became part of this one if this one `survived`."""

    merge: Merge
    counterpart: Patient
    survived: bool
    who: str
    who_undid: str


@require_safe
@staff_page
def merges(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _show(request, patient_id)


@require_POST
@staff_page
@inject
def undo(
    request: HttpRequest,
    patient_id: UUID,
    merge_id: UUID,
    undo_merge: Annotated[UndoMerge, Provide["undo_merge"]],
) -> HttpResponse:
    def work() -> Done:
        result = undo_merge(actor=actor_of(request), merge_id=merge_id)
        return Done(reverse("console:patient", args=[result.merge.survivor_id]), _said(result))

    try:
        return redirect_once(request, [], work)
    except Conflict as error:
        return _show(request, patient_id, explain_conflict(request, error))


@inject
def _show(
    request: HttpRequest,
    patient_id: UUID,
    problem: str = "",
    *,
    view: ViewPatient = Provide["view_patient"],
    list_merges: ListMerges = Provide["list_merges"],
    name_actors: NameActors = Provide["name_actors"],
) -> HttpResponse:
    actor = actor_of(request)
    shown = view(actor=actor, patient_id=patient_id)
    found = list_merges(actor=actor, patient_id=patient_id, after=id_in(request, "after"), limit=PER_PAGE)
    names = actors_in_words(
        actor, {one for merge in found.items for one in (merge.actor, merge.undone_by)}, name_actors
    )
    entries = [
        Entry(
            merge,
            view(actor=actor, patient_id=merge.survivor_id if merge.other_id == patient_id else merge.other_id),
            merge.survivor_id == patient_id,
            names[merge.actor],
            names[merge.undone_by],
        )
        for merge in found.items
    ]
    context = {**head(shown), "entries": entries, "next": found.next, "problem": problem, "key": uuid4()}
    return page(request, "console/merges.html", context, status=409 if problem else 200)


def _said(result: UndoResult) -> str:
    if not result.kept:
        return _("The merge is undone: the two records are separate again.")
    said = _(
        "The merge is undone: the two records are separate again. "
        "Changed after the merge, so kept as it is: %(fields)s."
    )
    return said % {"fields": listed(LABELS[name] for name in result.kept)}
