from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import parse_field
from core.patients.audit import AuditEvent
from core.patients.errors import PatientNotFound
from core.patients.ports import AuditTrail
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class HistoryPage:
    """Newest first. `next` is the `before_version` of the next page, or None on the last page."""

    events: tuple[AuditEvent, ...]
    next: int | None


@frozen
class ViewHistory:
    """The audit events of a patient, newest first. Those of an erased patient have no values.

    Raises `Forbidden`, `ValidationError`, `PatientNotFound`.
    """

    trail: AuditTrail
    accesses: AccessRecorder

    def __call__(
        self, *, actor: Actor, patient_id: UUID, before_version: int | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> HistoryPage:
        actor.require(Permission.VIEW_PATIENTS)
        parse_field("limit", parse_page_limit, limit)
        events = self.trail.history(patient_id, before_version=before_version, limit=limit + 1)
        if not events and before_version is None:
            raise PatientNotFound
        self.accesses.record(actor, AccessAction.HISTORY_VIEWED, patient_id=patient_id)
        page = events[:limit]
        return HistoryPage(page, page[-1].version if len(events) > limit else None)
