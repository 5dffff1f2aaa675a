from typing import Annotated
from uuid import UUID

from dependency_injector.wiring import Provide, inject
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from adapters.web.console.patients.history import changes_between
from adapters.web.console.patients.patient import View, show_patient
from adapters.web.console.staff import actor_of
from adapters.web.console.staff_page import staff_page
from adapters.web.console.words import TheClock, label, span_in_words
from adapters.web.core_texts import translated
from core.access import Permission
from core.errors import Conflict, InvalidUpstreamResponse, RateLimited, Unavailable
from core.ports import RateLimiter, RateLimitScope
from core.sync.errors import NoUpstreamRecord
from core.sync.use_cases import SyncPatient


@require_POST
@staff_page
@inject
def sync(
    request: HttpRequest,
    patient_id: UUID,
    view: View,
    sync_patient: Annotated[SyncPatient, Provide["sync_patient"]],
    limiter: Annotated[RateLimiter, Provide["limiter"]],
    clock: TheClock,
) -> HttpResponse:
    """The record, and what the sync changed in it."""
    actor = actor_of(request)
    actor.require(Permission.SYNC_PATIENTS)
    before = view(actor=actor, patient_id=patient_id)
    try:
        limiter.acquire(RateLimitScope.SYNC, actor.name)
        result = sync_patient(actor=actor, patient_id=patient_id)
    except (NoUpstreamRecord, Conflict, InvalidUpstreamResponse, RateLimited, Unavailable) as error:
        return show_patient(request, before, clock, problem=translated(error))
    context = {
        "result": result,
        "changes": changes_between(before.to_json(), result.patient.to_json()),
        "kept": [label(name) for name in result.conflicts],
        "age": span_in_words(result.fetched_at, clock.now()),
    }
    return show_patient(request, result.patient, clock, **context)
