from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest

from adapters.web.console.patients.history import Change, changes_between
from adapters.web.console.staff import actor_of
from core.patients.entities import Patient
from core.patients.fields import FieldJson
from core.patients.use_cases import ViewHistory
from core.values import MAX_PER_PAGE


@inject
def changes_since(
    request: HttpRequest, patient: Patient, version: int, view_history: ViewHistory = Provide["view_history"]
) -> list[Change]:
    """What others changed in the record since the version."""
    if patient.version <= version:
        return []
    events = view_history(actor=actor_of(request), patient_id=patient.id, limit=MAX_PER_PAGE).events
    before: dict[str, FieldJson] = {}
    for event in events:
        if event.version > version and event.values:
            before |= event.values.before
    return changes_between(before, {name: value for name, value in patient.to_json().items() if name in before})
