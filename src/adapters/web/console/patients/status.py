from uuid import UUID

from dependency_injector.wiring import inject
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from adapters.web.console.confirm import confirm
from adapters.web.console.patients.edit import Update
from adapters.web.console.patients.patient import View, head
from adapters.web.console.query import version_of
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.patients.values import SETTABLE_STATUSES

_MEANINGS: dict[str, str | Promise] = {
    "active": gettext_lazy("The patient is in care again."),
    "inactive": gettext_lazy(
        "The patient is no longer in care. The record can still be changed, and be made active again."
    ),
    "archived": gettext_lazy(
        "The record takes no change and no sync any more. To take this back, make it inactive again."
    ),
}
_DONE: dict[str, str | Promise] = {
    "active": gettext_lazy("The patient is now active."),
    "inactive": gettext_lazy("The patient is now inactive."),
    "archived": gettext_lazy("The patient is now archived."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def set_status(request: HttpRequest, patient_id: UUID, status: str, view: View, update: Update) -> HttpResponse:
    """Asks for confirmation first."""
    actor = actor_of(request)
    actor.require(Permission.UPDATE_PATIENTS)
    if status not in SETTABLE_STATUSES:
        raise Http404

    def ask() -> dict[str, object]:
        return {**head(view(actor=actor, patient_id=patient_id)), "status": status, "meaning": _MEANINGS[status]}

    def send() -> HttpResponse:
        update(actor=actor, patient_id=patient_id, expected_version=version_of(request), status=status)
        messages.success(request, str(_DONE[status]))
        return HttpResponseRedirect(reverse("console:patient", args=[patient_id]))

    return confirm(request, ask, send, "console/status.html")
