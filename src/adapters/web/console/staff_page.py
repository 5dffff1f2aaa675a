from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from structlog.contextvars import bind_contextvars

from adapters.web.console.layout import page
from adapters.web.console.sign_in import ask_to_sign_in
from adapters.web.console.staff import actor_of, signed_in
from adapters.web.core_texts import translated
from core.access_log.entities import AccessAction
from core.access_log.use_cases import RecordAccess
from core.errors import Forbidden, NotFound

View = TypeVar("View", bound=Callable[..., HttpResponse])


def staff_page(view: View) -> View:
    """A page for users who are signed in. Those whose password an admin has set change it first."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not signed_in(request) and (answer := ask_to_sign_in(request)):
            return answer
        bind_contextvars(actor=actor_of(request).name)
        user, change = signed_in(request), reverse("console:password")
        if user and user.must_change_password and request.path != change:
            return HttpResponseRedirect(change)
        try:
            return view(request, *args, **kwargs)
        except Forbidden as error:
            record_access(request, AccessAction.REFUSED, cast("UUID | None", kwargs.get("patient_id")))
            return page(
                request, "console/problem.html", {"title": _("Not allowed"), "problem": translated(error)}, status=403
            )
        except NotFound as error:
            return page(
                request, "console/problem.html", {"title": _("Not found"), "problem": translated(error)}, status=404
            )

    return cast("View", checked)


@inject
def record_access(
    request: HttpRequest,
    action: AccessAction,
    patient_id: UUID | None = None,
    record: RecordAccess = Provide["record_access"],
) -> None:
    """What the use cases did not record: a refusal, and patients that an error names."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    record(actor=actor_of(request), action=action, patient_id=patient_id, detail=name)
