"""The queue of possible duplicates."""

from math import isfinite
from typing import Annotated
from uuid import UUID

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from adapters.web.console.layout import page
from adapters.web.console.patients.evidence import explain_in_words
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, actors_in_words
from adapters.web.formats import share_text
from core.errors import ValidationError
from core.matching.entities import DuplicatePair, PairCursor, PairPage, PairState
from core.matching.use_cases import ListDuplicates
from core.patients.entities import Patient

PER_PAGE = 20
STATES: dict[PairState, str | Promise] = {
    PairState.OPEN: gettext_lazy("To decide"),
    PairState.LATER: gettext_lazy("Put off"),
    PairState.SAME: gettext_lazy("Same person"),
    PairState.DIFFERENT: gettext_lazy("Different persons"),
}
_LIKELIHOODS = {"": 0.0, "0.5": 0.5, "0.9": 0.9, "0.99": 0.99}
List = Annotated[ListDuplicates, Provide["list_duplicates"]]


@frozen
class Entry:
    """A pair in words. `who` decided it, or put it off; empty for an open pair."""

    pair: DuplicatePair
    first: Patient
    second: Patient
    likelihood: str
    why: str
    state: str
    who: str

    @classmethod
    def of(cls, pair: DuplicatePair, first: Patient, second: Patient, names: dict[str, str]) -> "Entry":
        why, state, who = explain_in_words(pair.evidence), str(STATES[pair.state]), names[pair.decided_by]
        return cls(pair, first, second, _likelihood(pair), why, state, who)


@require_safe
@staff_page
@inject
def queue(request: HttpRequest, list_duplicates: List, name_actors: Names) -> HttpResponse:
    actor = actor_of(request)
    state, at_least = request.GET.get("state", PairState.OPEN), request.GET.get("at_least", "")
    if at_least not in _LIKELIHOODS:
        raise Http404
    least = _LIKELIHOODS[at_least]
    try:
        found = list_duplicates(actor=actor, state=state, min_probability=least, after=_after(request), limit=PER_PAGE)
    except ValidationError:
        raise Http404 from None
    names = actors_in_words(actor, {pair.decided_by for pair in found.pairs}, name_actors)
    context = {"entries": _entries(found, names), "state": state, "at_least": at_least, "next": _cursor(found.next)}
    return page(request, "console/queue.html", {**context, "states": STATES, "likelihoods": _likelihoods()})


def _entries(found: PairPage, names: dict[str, str]) -> list[Entry]:
    """Without a pair whose record was erased just now."""
    return [
        Entry.of(pair, found.patients[pair.first_id], found.patients[pair.second_id], names)
        for pair in found.pairs
        if found.patients.keys() >= set(pair.patient_ids)
    ]


def _likelihood(pair: DuplicatePair) -> str:
    """Never 100 %."""
    if pair.probability > 0.99:
        return _("over %(share)s") % {"share": share_text(0.99)}
    return share_text(pair.probability)


def _likelihoods() -> dict[str, str]:
    more = {key: _("%(share)s or more") % {"share": share_text(least)} for key, least in _LIKELIHOODS.items()}
    return {**more, "": _("Any likelihood")}


def _cursor(position: PairCursor | None) -> str:
    return f"{position.probability!r}|{position.id}" if position else ""


def _after(request: HttpRequest) -> PairCursor | None:
    given = request.GET.get("after")
    if not given:
        return None
    probability, _, pair_id = given[:100].partition("|")
    try:
        cursor = PairCursor(float(probability), UUID(pair_id))
    except ValueError:
        raise Http404 from None
    if not isfinite(cursor.probability):
        raise Http404
    return cursor
