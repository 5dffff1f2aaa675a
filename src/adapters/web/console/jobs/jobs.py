"""The jobs of every kind, and the page of one, which refreshes itself until the job ends."""

from typing import Annotated
from uuid import UUID, uuid4

from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from adapters.web.console.jobs.nightly import nightly_sync
from adapters.web.console.jobs.words import ALL, PLURALS, STATES, jobs_in_words
from adapters.web.console.layout import page
from adapters.web.console.patients.history import changes_between
from adapters.web.console.query import id_in
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import Names, TheClock
from core.access import Permission
from core.imports.entities import ImportOptions, ImportRowOutcome
from core.imports.use_cases import ListRejects
from core.jobs.entities import Job, JobKind, JobState
from core.jobs.use_cases import ListJobs, ViewJob
from core.sync.entities import SYNCABLE
from core.sync.use_cases import ListHeldChanges
from core.undo.entities import UndoOptions

PER_PAGE = 20
MAX_REASONS = 5
MAX_LOOKS = 450  # every two seconds: a page that nobody looks at must not keep its session for ever
ListAll = Annotated[ListJobs, Provide["list_jobs"]]
View = Annotated[ViewJob, Provide["view_job"]]
_MOVING = {JobState.QUEUED, JobState.RUNNING, JobState.PAUSED}


def kind_of(kind: str) -> JobKind:
    if kind not in PLURALS:
        raise Http404
    return JobKind(kind)


@require_safe
@staff_page
@inject
def jobs(request: HttpRequest, list_jobs: ListAll, name_actors: Names, clock: TheClock, kind: str = "") -> HttpResponse:
    """Those of one kind; without one, the newest of all kinds."""
    actor, chosen = actor_of(request), kind_of(kind) if kind else None
    after = id_in(request, "after") if chosen else None
    pages = [list_jobs(actor=actor, kind=one, after=after, limit=PER_PAGE) for one in PLURALS if chosen in {None, one}]
    found = sorted((job for one in pages for job in one.items), key=lambda job: job.id, reverse=True)[:PER_PAGE]
    context = {
        "kind": chosen,
        "kinds": PLURALS.items(),
        "jobs": jobs_in_words(found, actor, clock.now(), name_actors),
        "next": pages[0].next if chosen else None,
        "syncable": SYNCABLE,
        "nightly": nightly_sync(actor, clock.now()) if chosen is JobKind.SYNC else None,
        "key": str(uuid4()),
    }
    return page(request, "console/jobs.html", context)


@require_safe
@staff_page
@inject
def job(
    request: HttpRequest,
    kind: str,
    job_id: UUID,
    view: View,
    held_changes: Annotated[ListHeldChanges, Provide["list_held_changes"]],
    list_rejects: Annotated[ListRejects, Provide["list_rejects"]],
    name_actors: Names,
    clock: TheClock,
) -> HttpResponse:
    """A held job has a sample of what it would change, a dry run the first rejected rows."""
    actor = actor_of(request)
    found = view(actor=actor, kind=kind_of(kind), job_id=job_id)
    [shown] = jobs_in_words([found], actor, clock.now(), name_actors)
    looks = request.GET.get("looks", "")
    look = int(looks) + 1 if looks.isdecimal() and len(looks) < 5 else 1
    is_held = found.state is JobState.HELD and actor.may(Permission.VIEW_PATIENTS)
    held = held_changes(actor=actor, job_id=job_id) if is_held else ()
    common = head(found)
    checked = found.state.has_ended and shown.is_dry_run and common["rejected"]
    context = {
        **common,
        "reasons": list_rejects(actor=actor, job_id=job_id)[:MAX_REASONS] if checked else (),
        "shown": shown,
        "look": look if found.state in _MOVING and look <= MAX_LOOKS else 0,
        "held": [(one.patient_id, changes_between(one.before, one.after)) for one in held],
    }
    return page(request, "console/job.html", context)


def head(found: Job) -> dict[str, object]:
    """What the pages about a job show of it."""
    options = ImportOptions.of(found) if found.kind is JobKind.IMPORT else None
    rejected = sum(found.counts.get(one, 0) for one in (ImportRowOutcome.DUPLICATE, ImportRowOutcome.REJECTED))
    return {
        "job": found,
        "all_of_kind": ALL[found.kind],
        "meaning": STATES[found.state],
        "options": options,
        "rejected": rejected if options else 0,
        "has_failures": found.kind in {JobKind.SYNC, JobKind.UNDO},
        "can_undo": found.kind in {JobKind.SYNC, JobKind.IMPORT} and found.state.has_ended and found.done > 0,
        "undoes": UndoOptions.of(found).job_id if found.kind is JobKind.UNDO else None,
    }
