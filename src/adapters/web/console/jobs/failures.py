"""The patients of a sync or of an undo that need a look."""

from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from adapters.web.console.jobs.jobs import View, head, kind_of
from adapters.web.console.layout import page
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import label
from core.jobs.entities import JobKind
from core.sync.use_cases import ListSyncFailures
from core.undo.use_cases import ListUndoFailures


@require_safe
@staff_page
@inject
def failures(
    request: HttpRequest,
    kind: str,
    job_id: UUID,
    view: View,
    of_sync: Annotated[ListSyncFailures, Provide["list_sync_failures"]],
    of_undo: Annotated[ListUndoFailures, Provide["list_undo_failures"]],
) -> HttpResponse:
    actor, chosen, after = actor_of(request), kind_of(kind), id_in(request, "after")
    found = view(actor=actor, kind=chosen, job_id=job_id)
    if chosen is JobKind.SYNC:
        failed = of_sync(actor=actor, job_id=job_id, after=after)
        rows = [(one.patient_id, one.outcome, one.reason, one.conflicts) for one in failed.items]
    elif chosen is JobKind.UNDO:
        failed = of_undo(actor=actor, job_id=job_id, after=after)
        rows = [(one.patient_id, one.outcome, one.reason, one.kept) for one in failed.items]
    else:
        raise Http404
    named = [(*row[:3], [label(name) for name in row[3]]) for row in rows]
    return page(request, "console/failures.html", {**head(found), "rows": named, "next": failed.next})
