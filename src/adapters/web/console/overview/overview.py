"""What needs somebody now, and the registry in numbers."""

from contextlib import suppress
from datetime import timedelta
from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from adapters.web.console.jobs.jobs import ListAll
from adapters.web.console.jobs.words import PLURALS, JobInWords, jobs_in_words
from adapters.web.console.layout import page
from adapters.web.console.overview.figures import Figures
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, TheClock
from core.access import Actor
from core.errors import Unavailable
from core.jobs.entities import JobState
from core.overview.use_cases import ViewOverview

SHOWN_FOR = timedelta(days=7)  # a job that failed


@require_safe
@staff_page
@inject
def overview(
    request: HttpRequest,
    list_jobs: ListAll,
    name_actors: Names,
    clock: TheClock,
    view: Annotated[ViewOverview, Provide["view_overview"]],
) -> HttpResponse:
    """Of the newest jobs of each kind, those that are held, failed or have not ended. Jobs are shown without the
    numbers if those cannot be counted now."""
    actor, now = actor_of(request), clock.now()
    found = [job for kind in PLURALS for job in list_jobs(actor=actor, kind=kind).items]
    jobs = jobs_in_words(sorted(found, key=lambda job: job.id, reverse=True), actor, now, name_actors)

    def in_state(*states: JobState) -> list[JobInWords]:
        return [one for one in jobs if one.job.state in states]

    failed = [one for one in in_state(JobState.FAILED) if one.job.ended_at and now - one.job.ended_at < SHOWN_FOR]
    sections = [
        ("held", _("Wait for a decision"), in_state(JobState.HELD)),
        ("failed", _("Failed in the last week"), failed),
        ("unfinished", _("Under way"), in_state(JobState.RUNNING, JobState.PAUSED, JobState.QUEUED)),
    ]
    context = {"sections": [one for one in sections if one[2]], "failed": len(failed), "figures": _figures(actor, view)}
    return page(request, "console/overview.html", context)


def _figures(actor: Actor, view: ViewOverview) -> Figures | None:
    with suppress(Unavailable):
        return Figures.of(view(actor=actor))
    return None
