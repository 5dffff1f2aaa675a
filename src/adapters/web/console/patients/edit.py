"""Changing a record."""

from typing import Annotated, cast
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.layout import page
from adapters.web.console.patients.clashes import Json, merge_typed
from adapters.web.console.patients.conflicts import add_conflict
from adapters.web.console.patients.patient import View, head
from adapters.web.console.patients.record_form import RecordForm
from adapters.web.console.query import version_of
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from core.access import Permission
from core.errors import Conflict, ValidationError, VersionMismatch
from core.patients.use_cases import UpdatePatient, ViewHistory
from core.values import MAX_PER_PAGE

Update = Annotated[UpdatePatient, Provide["update_patient"]]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def edit(
    request: HttpRequest,
    patient_id: UUID,
    view: View,
    update: Update,
    view_history: Annotated[ViewHistory, Provide["view_history"]],
) -> HttpResponse:
    actor, version = actor_of(request), version_of(request)
    actor.require(Permission.UPDATE_PATIENTS)

    def show(form: RecordForm | None, status: int = 200) -> HttpResponse:
        found = view(actor=actor, patient_id=patient_id)
        form = form or RecordForm(record=found.to_json())
        context = {**head(found), "form": form, "version": version or found.version}
        return page(request, "console/edit.html", context, status=status)

    def show_both(typed: Json) -> HttpResponse:
        found = view(actor=actor, patient_id=patient_id)
        since = view_history(actor=actor, patient_id=patient_id, limit=MAX_PER_PAGE).events
        merged = merge_typed(typed, version, found, since)
        if merged.record == found.to_json():  # as when a form is sent twice
            return saved()
        form = RecordForm(record=merged.record)
        context = {**head(found), "form": form, "version": found.version, "merged": merged}
        return page(request, "console/edit.html", context, status=409)

    def saved() -> HttpResponse:
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("console:patient", args=[patient_id]))

    if request.method != "POST":
        return show(None)
    more = request.POST.get("more", "")
    form = RecordForm(request.POST, more=more)
    if more or not form.is_valid():
        return show(form, 200 if more else 400)
    details = form.details()
    try:
        update(actor=actor, patient_id=patient_id, expected_version=version, **details)
    except ValidationError as invalid:
        form.add_errors(invalid)
        return show(form, 400)
    except VersionMismatch:
        return show_both(cast("Json", details))
    except Conflict as error:
        add_conflict(request, form, error)
        return show(form, 409)
    return saved()
