from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from adapters.web.console.patients.record_form import RecordForm
from adapters.web.console.staff_page import record_access
from adapters.web.core_texts import translated
from core.access_log.entities import AccessAction
from core.errors import Conflict
from core.patients.errors import UniqueValueTaken


def add_conflict(request: HttpRequest, form: RecordForm, error: Conflict) -> None:
    form.add_conflict(error, explain_conflict(request, error))


def explain_conflict(request: HttpRequest, error: Conflict) -> str:
    """With a link to the patient who has the value."""
    message = translated(error)
    if isinstance(error, UniqueValueTaken) and error.holder:
        record_access(request, AccessAction.PATIENTS_MATCHED, error.holder)
        page = reverse("console:patient", args=[error.holder])
        message = format_html(
            '{} <a href="{}" target="_blank" rel="noopener">{}</a>', message, page, _("See that patient")
        )
    return message
