"""What a sync job is about, and what it did to each patient."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from core.errors import ErrorCollector, InvalidValue
from core.jobs.entities import Job
from core.patients import values
from core.patients.values import Status

SYNCABLE = (Status.ACTIVE, Status.INACTIVE)


class SyncJobOutcome(StrEnum):
    """`refused`: upstream's answer is not acceptable, or contradicts another record. `skipped`: the patient has no
    external id, or was erased, archived or given another one meanwhile. `unavailable`: upstream failed for this
    patient, time and again, while it answered for others."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    SKIPPED = "skipped"
    UNAVAILABLE = "unavailable"


@frozen
class SyncJobResult:
    """`reason` is the kind of the error. `conflicts` are fields that both sides changed; ours were kept."""

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
    """One patient, or all in the statuses. Those who are archived take nothing from upstream."""

    statuses: tuple[Status, ...]
    patient_id: UUID | None = None

    @classmethod
    def parse(cls, status: object, patient_id: object, errors: ErrorCollector | None = None) -> "SyncScope":
        """Either may be None. Raises `ValidationError` with all of `errors` and every other there is."""
        errors = errors or ErrorCollector()
        statuses, one = SYNCABLE, None
        with errors.field("status"):
            if status is not None:
                statuses = (_syncable(status),)
        with errors.field("patient_id"):
            if patient_id is not None:
                one = values.parse_patient_id(patient_id)
                if status is not None:
                    raise InvalidValue("excluded", "Give a status or a patient, not both.")
        errors.raise_if_any()
        return cls(statuses, one)

    @classmethod
    def of(cls, job: Job) -> "SyncScope":
        options = job.options
        statuses = tuple(Status(one) for one in str(options["statuses"]).split(",") if one)
        return cls(statuses, UUID(str(options["patient_id"])) if "patient_id" in options else None)

    @property
    def options(self) -> dict[str, object]:
        options: dict[str, object] = {"statuses": ",".join(self.statuses)}
        return options | ({"patient_id": str(self.patient_id)} if self.patient_id else {})


def _syncable(raw: object) -> Status:
    status = values.parse_status(raw)
    if status not in SYNCABLE:
        raise InvalidValue(
            "choice", f"Must be one of: {', '.join(SYNCABLE)}. Archived patients take nothing from upstream."
        )
    return status
