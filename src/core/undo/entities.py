from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from core.jobs.entities import Job


class UndoOutcome(StrEnum):
    """`restored`: at least one field has its former value again. `removed`: the job had registered the patient, who was
    erased. `unchanged`: nothing was left to take back. `refused`: another patient has a former value by now.
    `skipped`: the patient was erased or merged in the meantime."""

    RESTORED = "restored"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    SKIPPED = "skipped"


@frozen
class UndoResult:
    """`kept` are the fields that were changed after the job and keep that change. `reason` is the kind of the error."""

    patient_id: UUID
    outcome: UndoOutcome
    at: datetime
    reason: str = ""
    kept: tuple[str, ...] = ()

    @property
    def needs_review(self) -> bool:
        return bool(self.kept) or self.outcome is UndoOutcome.REFUSED


@frozen
class UndoOptions:
    job_id: UUID

    @classmethod
    def of(cls, job: Job) -> "UndoOptions":
        return cls(UUID(str(job.options["job_id"])))

    def to_json(self) -> Mapping[str, object]:
        return {"job_id": str(self.job_id)}
