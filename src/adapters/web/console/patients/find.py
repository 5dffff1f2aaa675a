"""Finding a patient. What is searched for is sent in a body, so that no URL, history or log keeps it."""

from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from adapters.web.console.layout import page
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.core_texts import translated
from core.access import Permission
from core.errors import ValidationError
from core.patients.errors import CursorGone
from core.patients.search import Filters, PatientCursor, PatientPage
from core.patients.use_cases import ListRecentPatients, SearchPatients
from core.patients.values import Status

PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def find(
    request: HttpRequest,
    search: Annotated[SearchPatients, Provide["search_patients"]],
    list_recent: Annotated[ListRecentPatients, Provide["list_recent_patients"]],
) -> HttpResponse:
    """The form sends `q`, `status` and the cursor of the next page. Without, it shows the patients opened last."""
    actor = actor_of(request)
    actor.require(Permission.VIEW_PATIENTS)
    words, status = request.POST.get("q", ""), request.POST.get("status", "")
    context: dict[str, object] = {"q": words, "status": status, "statuses": list(Status)}
    if not words.strip() and not status:
        return page(request, "console/find.html", context | {"recent": list_recent(actor=actor)})
    try:
        found = search(actor=actor, **_filters(words, status, request.POST.get("after", "")))
    except ValidationError as invalid:
        context |= {"errors": [translated(error.message) for error in invalid.errors]}
    except CursorGone as gone:
        context |= {"errors": [translated(gone)]}
    else:
        context |= {"found": found, "next": _cursor(found)}
    return page(request, "console/find.html", context)


def _filters(words: str, status: str, after: str) -> Filters:
    filters: dict[str, object] = {"limit": PER_PAGE}
    if words.strip():
        filters["q"] = words
    if status:
        filters["status"] = status
    if after:
        filters["after"] = _parse_cursor(after)
    return cast("Filters", filters)


def _cursor(found: PatientPage) -> str:
    return f"{found.next.id}.{found.next.version}" if found.next else ""


def _parse_cursor(raw: str) -> PatientCursor:
    """Raises `CursorGone`."""
    patient_id, _, version = raw.partition(".")
    try:
        return PatientCursor(UUID(patient_id), int(version[:9]))
    except ValueError:
        raise CursorGone from None
