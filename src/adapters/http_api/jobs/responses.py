from collections.abc import Callable, Mapping

from django.http import HttpResponse
from rest_framework.request import Request

from adapters.http_api.jobs.schemas import POLL_LATER
from adapters.http_api.rest.authentication import actor
from adapters.http_api.rest.cursors import id_cursor
from adapters.http_api.rest.responses import document, page
from core.accounts.use_cases import NameActors
from core.jobs.entities import Job
from core.paging import Page

JobJson = Callable[[Job, Mapping[str, str | None]], dict[str, object]]
"""Takes the names of actors."""


def job_document(request: Request, job: Job, shape: JobJson, name_actors: NameActors) -> HttpResponse:
    return document(shape(job, name_actors(actor=actor(request), names=[job.actor])))


def started_job(request: Request, job: Job, shape: JobJson, name_actors: NameActors, place: str = "") -> HttpResponse:
    """`Location` is an address below `place`, by default that of the request."""
    headers = {"Location": request.build_absolute_uri(f"{place or request.path}{job.id}/")} | POLL_LATER
    names = name_actors(actor=actor(request), names=[job.actor])
    return document(shape(job, names), status=202, headers=headers)


def job_page(request: Request, found: Page[Job], shape: JobJson, name_actors: NameActors) -> HttpResponse:
    names = name_actors(actor=actor(request), names={job.actor for job in found.items})
    return page(request, [shape(job, names) for job in found.items], id_cursor(found.next))
