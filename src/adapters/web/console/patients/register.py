"""Registering a patient. A form that is sent twice registers one, by its key."""

from typing import Annotated
from uuid import uuid4

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from adapters.web.console.layout import page
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.patients.candidates import Likeness, about, find_candidates
from adapters.web.console.patients.conflicts import add_conflict
from adapters.web.console.patients.record_form import RecordForm
from adapters.web.console.patients.search_words import record_from
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.errors import Conflict, RegistryError, ValidationError
from core.idempotency.errors import KeyReused
from core.matching.errors import PossibleDuplicate
from core.patients.fields import Changes
from core.patients.use_cases import RegisterPatient


class NotReviewed(Exception):
    """A patient may be the person, and was not shown yet."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def register(
    request: HttpRequest, register_patient: Annotated[RegisterPatient, Provide["register_patient"]]
) -> HttpResponse:
    actor_of(request).require(Permission.REGISTER_PATIENTS)
    if "key" not in request.POST:  # from the page that finds patients, with what was searched for
        return _show(request, RecordForm(record=record_from(request.POST.get("q", ""))), [])
    more = request.POST.get("more", "")
    form = RecordForm(request.POST, more=more)
    if more or not form.is_valid():
        return _show(request, form, [], status=200 if more else 400)
    details, reason = form.details(), request.POST.get("override_reason", "").strip() or None

    def work() -> Done:
        """Looks for candidates here: for a form that is sent again, its own patient would be one."""
        _ensure_reviewed(request, details)
        patient = register_patient(actor=actor_of(request), override_reason=reason, **details)
        return Done(reverse("console:patient", args=[patient.id]))

    try:
        return redirect_once(request, [details, reason], work)
    except (RegistryError, NotReviewed) as error:
        return _explain(request, form, details, error)


def _ensure_reviewed(request: HttpRequest, details: Changes) -> None:
    """Raises `NotReviewed`."""
    seen = request.POST.get("reviewed", "").split(",")
    if any(str(one.patient.id) not in seen for one in find_candidates(request, details)):
        raise NotReviewed


def _explain(request: HttpRequest, form: RecordForm, details: Changes, error: Exception) -> HttpResponse:
    """The form, with the reason why nobody was registered."""
    key = request.POST["key"]
    if isinstance(error, ValidationError):
        form.add_errors(error)
        return _show(request, form, [], status=400)
    if isinstance(error, KeyReused):
        key = str(uuid4())
        form.problems.append(
            _("This form has registered a patient before, with other values. Find that patient first.")
        )
    elif isinstance(error, PossibleDuplicate):
        form.problems.append(_("The registry has a record of this person. If it is another person, say why."))
    elif isinstance(error, Conflict):
        add_conflict(request, form, error)
    elif isinstance(error, NotReviewed):
        form.problems.append(_("The registry may have a record of this person. See the end of the form."))
    else:
        raise error
    return _show(request, form, find_candidates(request, details), status=409, key=key)


@require_POST
@staff_page
def candidates(request: HttpRequest) -> HttpResponse:
    """The part of the form that is updated while typing."""
    actor_of(request).require(Permission.MATCH_PATIENTS)
    form = RecordForm(request.POST)
    found = find_candidates(request, form.details()) if form.is_valid() else []
    return page(request, "console/_candidates.html", {**about(found), **_sent(request)})


def _show(
    request: HttpRequest, form: RecordForm, found: list[Likeness], *, status: int = 200, key: str = ""
) -> HttpResponse:
    form.person.fields["first_name"].widget.attrs["autofocus"] = status == 200
    context: dict[str, object] = {"form": form, **about(found), **_sent(request)}
    context["key"] = key or context["key"]
    return page(request, "console/register.html", context, status=status)


def _sent(request: HttpRequest) -> dict[str, object]:
    key = request.POST.get("key") or str(uuid4())
    return {"key": key, "override_reason": request.POST.get("override_reason", "")}
