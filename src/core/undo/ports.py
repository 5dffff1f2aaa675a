from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

from core.paging import Page
from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.undo.entities import UndoResult


class JobChanges(Protocol):
    """The audit events of the changes that a job made. Every method raises `Unavailable`."""

    def patients(self, job_id: UUID, *, after: UUID | None, limit: int) -> tuple[UUID, ...]:
        """The patients that the job changed, by ascending id."""
        ...

    def count(self, job_id: UUID) -> int:
        """The number of patients that the job changed."""
        ...

    def of_patients(self, job_id: UUID, ids: Collection[UUID]) -> dict[UUID, list[AuditEvent]]:
        """The job's changes of these patients, each newest first."""
        ...


class PatientsForUndo(Protocol):
    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        """Those that exist, each locked as by `PatientRepository.lock`. Raises `Unavailable`, and `TransactionRequired`
        outside `Atomic`."""
        ...


class UndoResults(Protocol):
    """The results of undo jobs, one for each patient of a job."""

    def record(self, job_id: UUID, results: Iterable[UndoResult]) -> None: ...

    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[UndoResult]:
        """Results that need review, by ascending patient id."""
        ...
