"""Cancelling, confirming and undoing a job: each asks for confirmation first."""

from typing import Annotated
from uuid import UUID, uuid4

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from adapters.web.console.job_words import jobs_in_words
from adapters.web.console.jobs import Names, View, head, kind_of
from adapters.web.console.layout import page
from adapters.web.console.once import start_once
from adapters.web.console.patient import TheClock
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.errors import Conflict
from core.jobs.entities import JobKind
from core.jobs.use_cases import CancelJob
from core.sync.use_cases import ConfirmSyncJob
from core.undo.use_cases import UndoJob


@frozen
class Order:
    permission: Permission
    kinds: frozenset[JobKind]
    question: str
    meaning: str
    button: str


ORDERS = {
    "cancel": Order(
        Permission.MANAGE_JOBS,
        frozenset(JobKind),
        "Cancel this job?",
        "It ends at once and cannot be continued. What it has done stays.",
        "Cancel the job",
    ),
    "confirm": Order(
        Permission.CONFIRM_JOBS,
        frozenset({JobKind.SYNC}),
        "Let this job continue?",
        "It changes the records as upstream says. The limits of unusual changes no longer apply to it.",
        "Let it continue",
    ),
    "undo": Order(
        Permission.UNDO_JOBS,
        frozenset({JobKind.SYNC, JobKind.IMPORT}),
        "Undo this job?",
        "Each field gets its former value, unless it was changed since. Patients that the job registered are erased "
        "for good, unless their records were changed since.",
        "Undo the job",
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def order_job(
    request: HttpRequest,
    kind: str,
    job_id: UUID,
    order: str,
    view: View,
    name_actors: Names,
    clock: TheClock,
    cancel: Annotated[CancelJob, Provide["cancel_job"]],
    confirm: Annotated[ConfirmSyncJob, Provide["confirm_sync_job"]],
    undo: Annotated[UndoJob, Provide["undo_job"]],
) -> HttpResponse:
    actor, chosen = actor_of(request), kind_of(kind)
    if order not in ORDERS or chosen not in ORDERS[order].kinds:
        raise Http404
    actor.require(ORDERS[order].permission)

    def carry_out() -> HttpResponse:
        if order == "undo":
            return start_once(request, str(job_id), lambda: undo(actor=actor, kind=chosen, job_id=job_id))
        if order == "cancel":
            cancel(actor=actor, kind=chosen, job_id=job_id)
        else:
            confirm(actor=actor, job_id=job_id)
        return HttpResponseRedirect(reverse("console:job", args=[chosen, job_id]))

    problem = ""
    if request.method == "POST":
        try:
            return carry_out()
        except Conflict as error:
            problem = str(error)
    found = view(actor=actor, kind=chosen, job_id=job_id)
    [shown] = jobs_in_words([found], actor, clock.now(), name_actors)
    context = {**head(found), "shown": shown, "asked": ORDERS[order], "key": str(uuid4()), "problem": problem}
    return page(request, "console/job_order.html", context, status=409 if problem else 200)
