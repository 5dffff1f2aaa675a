"""Merging two records: the choices, a preview of the survivor, and the merge."""

from typing import Annotated
from uuid import UUID, uuid4

from attrs import evolve
from dependency_injector.wiring import Provide, inject
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from adapters.web.console.layout import page
from adapters.web.console.matching.merge_form import MergeForm
from adapters.web.console.once import Done, redirect_once
from adapters.web.console.patients.conflicts import explain_conflict
from adapters.web.console.patients.patient import View
from adapters.web.console.patients.since import changes_since
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import label, lines_of
from adapters.web.core_texts import translated
from core.access import Permission
from core.errors import Conflict, FieldError, ValidationError, VersionMismatch
from core.idempotency.errors import KeyReused
from core.matching.entities import MergeResult
from core.matching.use_cases import MergePatients
from core.patients.entities import Patient


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
@inject
def merge(
    request: HttpRequest,
    patient_id: UUID,
    other_id: UUID,
    view: View,
    merge_patients: Annotated[MergePatients, Provide["merge_patients"]],
) -> HttpResponse:
    """The form sends a choice for each field, the versions of both records, and the step."""
    actor, form = actor_of(request), MergeForm.of(request)
    actor.require(Permission.MERGE_PATIENTS)
    if patient_id == other_id:
        raise Http404

    def choose(problems: list[str], status: int = 200) -> HttpResponse:
        survivor, other = (view(actor=actor, patient_id=one) for one in (patient_id, other_id))
        return _choose(request, form, survivor, other, problems, status)

    def work() -> Done:
        merge_patients(actor=actor, patient_id=patient_id, other_id=other_id, **form.details)
        survivor = reverse("console:patient", args=[patient_id])
        return Done(survivor, _("The two records are merged. To undo it, see the merges of this record."))

    if request.method != "POST" or form.step == "choose":
        return choose([])
    try:
        if form.step == "merge":
            return redirect_once(request, [form.choices, form.reason], work)
        result = merge_patients(actor=actor, patient_id=patient_id, other_id=other_id, preview=True, **form.details)
    except ValidationError as invalid:
        return choose([_in_words(error) for error in invalid.errors], 400)
    except (VersionMismatch, KeyReused, Conflict) as error:
        return choose([_explain(request, error)], 409)
    return _preview(request, form, result)


def _choose(
    request: HttpRequest, form: MergeForm, survivor: Patient, other: Patient, problems: list[str], status: int
) -> HttpResponse:
    sent = ((survivor, form.version), (other, form.other_version)) if request.method == "POST" else ()
    context = {
        "survivor": survivor,
        "other": other,
        "rows": form.rows(survivor, other),
        "form": evolve(form, version=survivor.version, other_version=other.version),
        "since": [(one, changes) for one, version in sent if (changes := changes_since(request, one, version))],
        "problems": problems,
    }
    return page(request, "console/merge.html", context, status=status)


def _preview(request: HttpRequest, form: MergeForm, result: MergeResult) -> HttpResponse:
    rows = [
        (label(name), lines_of(name, value), name in result.fields)
        for name, value in result.survivor.to_json().items()
        if value not in (None, False, []) or name in result.fields
    ]
    context = {"survivor": result.survivor, "other": result.other, "rows": rows, "form": form, "key": uuid4()}
    return page(request, "console/merge_preview.html", context)


def _explain(request: HttpRequest, error: VersionMismatch | KeyReused | Conflict) -> str:
    if isinstance(error, VersionMismatch):
        return _(
            "Somebody changed a record in the meantime. Nothing is merged, and your choices are kept: check them again."
        )
    if isinstance(error, KeyReused):
        return _("This form has merged the two records before, with other choices.")
    return explain_conflict(request, error)


def _in_words(error: FieldError) -> str:
    return f"{label(error.field.removeprefix('choices.'))}: {translated(error.message)}"
