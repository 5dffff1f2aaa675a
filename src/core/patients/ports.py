from typing import Protocol
from uuid import UUID

from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.patients.searching import PatientPage, PatientQuery
from core.patients.upstream import UpstreamAnswer, UpstreamCopy


class PatientRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, patient_id: UUID) -> Patient:
        """Raises `PatientNotFound`."""
        ...

    def lock(self, patient_id: UUID) -> Patient:
        """The record as it is now; nobody else can lock or change it until the surrounding `Atomic` ends.

        Raises `PatientNotFound`, and `NotAtomic` outside `Atomic`.
        """
        ...

    def add(self, patient: Patient) -> None:
        """Raises `EmailTaken` (with the holder), `ExternalIdTaken`, `IdentifierTaken`; nothing is added then."""
        ...

    def replace(self, before: Patient, after: Patient) -> None:
        """Stores `after` in place of `before`, which is what `lock` returned. Raises as `add` does."""
        ...

    def remove(self, patient_id: UUID) -> None:
        """Removes the record and all that hangs on it but its audit trail."""
        ...

    def find(self, query: PatientQuery) -> PatientPage:
        """Newest first, which is by falling id; at most `query.limit`, none that was created later than the page
        before ended."""
        ...

    def count(self, query: PatientQuery, most: int) -> int:
        """How many `query` finds on all its pages, counted up to `most`."""
        ...


class AuditTrail(Protocol):
    def record(self, event: AuditEvent) -> None: ...

    def history(self, patient_id: UUID, *, before_version: int | None, limit: int) -> tuple[AuditEvent, ...]:
        """Newest first; empty for a patient that never was."""
        ...

    def forget_values(self, patient_id: UUID) -> None:
        """Removes what the patient's fields held; the events and their digests stay."""
        ...


class UpstreamCopies(Protocol):
    def get(self, patient_id: UUID) -> UpstreamCopy | None:
        """None before the first sync."""
        ...

    def keep(self, patient_id: UUID, copy: UpstreamCopy) -> None:
        """In place of the one before. Removed with the patient."""
        ...


class PatientGateway(Protocol):
    """The upstream system. What it answers is untrusted."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamAnswer | None:
        """None when upstream does not know the patient.

        Answers within a bounded time. Raises `Unavailable`, `RateLimited`, `InvalidAnswer`.
        """
        ...
