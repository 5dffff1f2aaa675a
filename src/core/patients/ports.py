from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.errors import Conflict
from core.patients.audit import AuditEvent, ChangeEntry
from core.patients.entities import Patient
from core.patients.search import PatientPage, PatientQuery
from core.patients.values import Status


class PatientRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, patient_id: UUID) -> Patient:
        """Raises `PatientNotFound`."""
        ...

    def lock(self, patient_id: UUID) -> Patient:
        """The record as it is now; nobody else can lock or change it until the surrounding `Atomic` ends.

        Raises `PatientNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those of them that are there, oldest first."""
        ...

    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        """Those of them that are there, each as `lock` gives it. Raises `TransactionRequired` outside `Atomic`."""
        ...

    def list_oldest_first(self, *, after: UUID | None, limit: int) -> tuple[Patient, ...]:
        """The oldest first, which is by rising id; of those after the one with that id."""
        ...

    def ids(self, statuses: Collection[Status], *, after: UUID | None, before: UUID, limit: int) -> tuple[UUID, ...]:
        """Those between the two, in one of the statuses, oldest first."""
        ...

    def count_by_status(self, statuses: Collection[Status]) -> int:
        """Patients in one of the statuses."""
        ...

    def mark_synced(self, ids: Collection[UUID], at: datetime) -> None:
        """Moves `last_synced_at` and nothing else."""
        ...

    def add(self, patient: Patient) -> None:
        """Raises `EmailTaken` (with the holder), `ExternalIdTaken`, `IdentifierTaken`; nothing is added then."""
        ...

    def add_all(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """Adds those it can; by id, why the others were refused, as `conflicts` says or as `add` raises it."""
        ...

    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        """By id, those that `add` would refuse after those before them were added, and why."""
        ...

    def replace(self, before: Patient, after: Patient) -> None:
        """Stores `after` in place of `before`, which is what `lock` returned. Raises as `add` does."""
        ...

    def remove(self, patient_id: UUID) -> None:
        """Removes the record and all that hangs on it but its audit trail."""
        ...

    def find(self, query: PatientQuery) -> PatientPage:
        """In the order of `query.sort`, at most `query.limit`. Newest first is by falling id; of several with the same
        name or date, the newer comes first in a rising order and last in a falling one.

        Raises `CursorGone` when the order is by name, birth or update and the patient of `query.after` is not there in
        that version.
        """
        ...

    def count(self, query: PatientQuery, most: int) -> int:
        """How many `query` finds on all its pages, counted up to `most`."""
        ...


class AuditTrail(Protocol):
    def record(self, events: Sequence[AuditEvent]) -> None: ...

    def history(self, patient_id: UUID, *, before_version: int | None, limit: int) -> tuple[AuditEvent, ...]:
        """Newest first; empty for a patient that never was."""
        ...

    def forget_values(self, patient_id: UUID) -> None:
        """Removes what the patient's fields held; the events and their digests stay."""
        ...


class ChangeFeed(Protocol):
    """What the audit trail recorded, for those who follow the registry. A position is given once and for good. Every
    method raises `Unavailable` when the store does not answer."""

    def epoch(self) -> UUID:
        """Of the positions: made when first asked for, and kept with the changes."""
        ...

    def renew_epoch(self) -> None:
        """Puts another in its place."""
        ...

    def last(self) -> int:
        """The highest position that was given, 0 before there is one."""
        ...

    def after(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        """The next `limit` at most, by rising position. 0 is before all of them; any other should be one that was told.

        Everything that was committed before the call has a position, or will be given one after all that were given
        before. So whoever goes on after the last position seen misses nothing and is told nothing twice, however many
        write at the same time. A patient's changes are in the order of its versions, and so are any two of which one
        was committed before the other began.
        """
        ...


class RejectedRows(Protocol):
    """Rows of import files that were rejected, as far as they are about a person."""

    def remove_about(self, person_keys: Collection[bytes]) -> None:
        """Removes the rows of all imports that have one of the keys."""
        ...
