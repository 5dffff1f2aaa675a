"""A pair of possible duplicates, and its decision."""

from typing import Annotated
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.layout import page
from adapters.web.console.matching.queue import Entry, List
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.patients.compare import compare
from adapters.web.console.staff import actor_of, may
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words
from adapters.web.core_texts import translated
from core.access import Permission
from core.errors import Conflict, ValidationError
from core.idempotency.errors import KeyReused
from core.matching.entities import DuplicatePair, PairCursor, PairState
from core.matching.use_cases import DecideDuplicate, ListDuplicates, ViewDuplicate


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def pair(
    request: HttpRequest,
    pair_id: UUID,
    view_duplicate: Annotated[ViewDuplicate, Provide["view_duplicate"]],
    decide: Annotated[DecideDuplicate, Provide["decide_duplicate"]],
    list_duplicates: List,
    name_actors: Names,
) -> HttpResponse:
    """The form sends `decision`, `reason`, and `stay` to come back to this page."""
    actor = actor_of(request)

    def show(problems: list[str], status: int = 200) -> HttpResponse:
        view = view_duplicate(actor=actor, pair_id=pair_id)
        names = actors_in_words(actor, {view.pair.decided_by}, name_actors)
        context = {
            "entry": Entry.of(view.pair, view.first, view.second, names),
            "rows": compare(view.first, view.second),
            "is_merged": view.first.survivor_id == view.second.survivor_id,
            "problems": problems,
            "reason": request.POST.get("reason", ""),
            "key": uuid4(),
        }
        return page(request, "console/pair.html", context, status=status)

    def work() -> Done:
        reason = request.POST.get("reason", "").strip() or None
        decided = decide(actor=actor, pair_id=pair_id, decision=request.POST.get("decision"), reason=reason)
        return Done(_following(request, decided, list_duplicates), _said(decided))

    if request.method != "POST":
        return show([])
    try:
        return redirect_once(request, [request.POST.get("decision"), request.POST.get("reason")], work)
    except ValidationError as invalid:
        return show([f"{error.field}: {translated(error.message)}" for error in invalid.errors], 400)
    except KeyReused:
        return show(
            [_("This form was sent before, with another choice. That one was saved: this is how it is now.")], 409
        )
    except Conflict as error:
        return show([translated(error)], 409)


def _following(request: HttpRequest, decided: DuplicatePair, list_duplicates: ListDuplicates) -> str:
    """The merge of the same person, otherwise the next pair of the queue."""
    if "stay" in request.POST:
        return request.path
    if decided.state is PairState.SAME and may(request, Permission.MERGE_PATIENTS):
        return reverse("console:merge", args=decided.patient_ids)
    after = PairCursor(decided.probability, decided.id)
    for following in list_duplicates(actor=actor_of(request), after=after, limit=1).pairs:
        return reverse("console:pair", args=[following.id])
    return reverse("console:queue")


def _said(decided: DuplicatePair) -> str:
    if decided.state is PairState.LATER:
        return _("The decision is put off.")
    if decided.state is PairState.SAME:
        return _("Saved: same person. To take it back, go back to that pair.")
    return _("Saved: different persons. To take it back, go back to that pair.")
