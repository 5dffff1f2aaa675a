"""The scope of a sync job, and its result for each patient."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from core.errors import ErrorCollector, InvalidValue
from core.jobs.entities import Job
from core.patients import values
from core.patients.values import Status

SYNCABLE = (Status.ACTIVE, Status.INACTIVE)
EVERY_STATUS = (*SYNCABLE, Status.MERGED)


class SyncJobOutcome(StrEnum):
    """`refused`: the upstream record is invalid or conflicts with another patient. `skipped`: the patient has no
    external id, was merged into one with the same external id, or was erased, archived or linked to another external id
    in the meantime. `unavailable`: upstream failed for this patient on every attempt, while it responded for others."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    SKIPPED = "skipped"
    UNAVAILABLE = "unavailable"


@frozen
class SyncJobResult:
    """`reason` is the kind of the error. `conflicts` are fields that both sides changed; the local values were kept."""

    patient_id: UUID
    outcome: SyncJobOutcome
    at: datetime
    reason: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def needs_review(self) -> bool:
        return bool(self.conflicts) or self.outcome not in {
            SyncJobOutcome.UPDATED,
            SyncJobOutcome.UNCHANGED,
            SyncJobOutcome.SKIPPED,
        }


@frozen
class SyncScope:
    """One patient, or all patients in the statuses. Archived patients are not synced. What upstream has under the
    external id of a merged record is synced into its survivor."""

    statuses: tuple[Status, ...] = EVERY_STATUS
    patient_id: UUID | None = None

    @classmethod
    def parse(cls, status: object, patient_id: object, errors: ErrorCollector | None = None) -> "SyncScope":
        """Both may be None. Raises `ValidationError` with `errors` and every other error of the input."""
        errors = errors or ErrorCollector()
        statuses, parsed_id = EVERY_STATUS, None
        with errors.field("status"):
            if status is not None:
                statuses = (_syncable(status),)
        with errors.field("patient_id"):
            if patient_id is not None:
                parsed_id = values.parse_patient_id(patient_id)
                if status is not None:
                    raise InvalidValue("excluded", "Must not be combined with status.")
        errors.raise_if_any()
        return cls(statuses, parsed_id)

    @classmethod
    def of(cls, job: Job) -> "SyncScope":
        options = job.options
        statuses = tuple(Status(status) for status in str(options["statuses"]).split(",") if status)
        return cls(statuses, UUID(str(options["patient_id"])) if "patient_id" in options else None)

    @property
    def options(self) -> dict[str, object]:
        options: dict[str, object] = {"statuses": ",".join(self.statuses)}
        return options | ({"patient_id": str(self.patient_id)} if self.patient_id else {})


def _syncable(raw: object) -> Status:
    status = values.parse_status(raw)
    if status not in SYNCABLE:
        raise InvalidValue("choice", f"Must be one of: {', '.join(SYNCABLE)}. Archived patients are not synced.")
    return status
