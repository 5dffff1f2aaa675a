"""Starting a sync of many patients."""

from typing import Annotated

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from adapters.web.console.once import start_once
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.sync.use_cases import StartSyncJob


@require_POST
@staff_page
@inject
def start_sync(request: HttpRequest, start: Annotated[StartSyncJob, Provide["start_sync_job"]]) -> HttpResponse:
    """Of everybody who is not archived, or of one status."""
    actor, status = actor_of(request), request.POST.get("status") or None
    actor.require(Permission.MANAGE_JOBS)
    return start_once(request, status, lambda: start(actor=actor, status=status))
