"""Cancelling, confirming and undoing a job: each asks for confirmation first."""

from typing import Annotated
from uuid import UUID

from attrs import frozen
from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from adapters.web.console.confirm import confirm
from adapters.web.console.jobs.jobs import View, head, kind_of
from adapters.web.console.jobs.words import jobs_in_words
from adapters.web.console.once import start_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, TheClock
from core.access import Permission
from core.jobs.entities import JobKind
from core.jobs.use_cases import CancelJob
from core.sync.use_cases import ConfirmSyncJob
from core.undo.use_cases import UndoJob


@frozen
class Order:
    permission: Permission
    kinds: frozenset[JobKind]
    question: str | Promise
    meaning: str | Promise
    button: str | Promise


ORDERS = {
    "cancel": Order(
        Permission.MANAGE_JOBS,
        frozenset(JobKind),
        gettext_lazy("Cancel this job?"),
        gettext_lazy("It ends at once and cannot be continued. What it has done stays."),
        gettext_lazy("Cancel the job"),
    ),
    "confirm": Order(
        Permission.CONFIRM_JOBS,
        frozenset({JobKind.SYNC}),
        gettext_lazy("Let this job continue?"),
        gettext_lazy("It changes the records as upstream says. The limits of unusual changes no longer apply to it."),
        gettext_lazy("Let it continue"),
    ),
    "undo": Order(
        Permission.UNDO_JOBS,
        frozenset({JobKind.SYNC, JobKind.IMPORT}),
        gettext_lazy("Undo this job?"),
        gettext_lazy(
            "Each field gets its former value, unless it was changed since. Patients that the job registered are "
            "erased for good, unless their records were changed since."
        ),
        gettext_lazy("Undo the job"),
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
    confirm_job: Annotated[ConfirmSyncJob, Provide["confirm_sync_job"]],
    undo: Annotated[UndoJob, Provide["undo_job"]],
) -> HttpResponse:
    actor, chosen = actor_of(request), kind_of(kind)
    if order not in ORDERS or chosen not in ORDERS[order].kinds:
        raise Http404
    actor.require(ORDERS[order].permission)

    def send() -> HttpResponse:
        if order == "undo":
            return start_once(request, str(job_id), lambda: undo(actor=actor, kind=chosen, job_id=job_id))
        if order == "cancel":
            cancel(actor=actor, kind=chosen, job_id=job_id)
        else:
            confirm_job(actor=actor, job_id=job_id)
        return HttpResponseRedirect(reverse("console:job", args=[chosen, job_id]))

    def ask() -> dict[str, object]:
        found = view(actor=actor, kind=chosen, job_id=job_id)
        [shown] = jobs_in_words([found], actor, clock.now(), name_actors)
        return {**head(found), "shown": shown, "asked": ORDERS[order]}

    return confirm(request, ask, send, "console/job_order.html")
