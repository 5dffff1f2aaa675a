"""What a sync job is about, and what it did to each patient."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from core.errors import FaultList, Refused
from core.jobs.entities import Job
from core.patients import values
from core.patients.values import Status

SYNCABLE = (Status.ACTIVE, Status.INACTIVE)


class JobOutcome(StrEnum):
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
class SyncOutcome:
    """`reason` is the kind of the error. `conflicts` are fields that both sides changed; ours were kept."""

    patient_id: UUID
    outcome: JobOutcome
    at: datetime
    reason: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def needs_a_look(self) -> bool:
        return bool(self.conflicts) or self.outcome not in {
            JobOutcome.UPDATED,
            JobOutcome.UNCHANGED,
            JobOutcome.SKIPPED,
        }


@frozen
class SyncScope:
    """One patient, or all in the statuses. Those who are archived take nothing from upstream."""

    statuses: tuple[Status, ...]
    patient_id: UUID | None = None

    @classmethod
    def parse(cls, status: object, patient_id: object, faults: FaultList | None = None) -> "SyncScope":
        """Either may be None. Raises `Invalid` with all of `faults` and every other there is."""
        faults = faults or FaultList()
        statuses, one = SYNCABLE, None
        with faults.noting("status"):
            if status is not None:
                statuses = (_syncable(status),)
        with faults.noting("patient_id"):
            if patient_id is not None:
                one = values.patient_id(patient_id)
                if status is not None:
                    raise Refused("excluded", "Give a status or a patient, not both.")
        faults.raise_if_any()
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
    status = values.status(raw)
    if status not in SYNCABLE:
        raise Refused("choice", f"Give one of: {', '.join(SYNCABLE)}. Archived patients take nothing from upstream.")
    return status
