from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import parse_field
from core.matching.entities import Merge
from core.matching.ports import MergeRepository
from core.paging import Page
from core.patients.ports import PatientRepository
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class ListMerges:
    """The merges that a patient's record took part in, undone ones included, newest first.

    Raises `Forbidden`, `ValidationError`, `PatientNotFound`.
    """

    patients: PatientRepository
    merges: MergeRepository
    accesses: AccessRecorder

    def __call__(
        self, *, actor: Actor, patient_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[Merge]:
        actor.require(Permission.VIEW_PATIENTS)
        parse_field("limit", parse_page_limit, limit)
        self.patients.get(patient_id)
        merges = self.merges.of(patient_id, after=after, limit=limit)
        self.accesses.record(actor, AccessAction.HISTORY_VIEWED, patient_id=patient_id)
        return merges
