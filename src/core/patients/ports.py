from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.access import Actor
from core.patients.audit import AuditEvent, ChangeEntry, Erasure
from core.patients.entities import Patient
from core.patients.search import PatientPage, PatientQuery


class PatientRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, patient_id: UUID) -> Patient:
        """Raises `PatientNotFound`."""
        ...

    def lock(self, patient_id: UUID) -> Patient:
        """The current record. No other transaction can lock or change it until the surrounding `Atomic` ends.

        Raises `PatientNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def add(self, patient: Patient) -> None:
        """Adds nothing if it raises `EmailTaken`, `ExternalIdTaken` or `IdentifierTaken`: the first of them, in this
        order, with the holder."""
        ...

    def replace(self, before: Patient, after: Patient) -> None:
        """Stores `after` in place of `before`, which is what `lock` returned. Raises as `add` does."""
        ...

    def remove(self, patient_id: UUID) -> None:
        """Removes the record and everything that depends on it except the audit trail. Ignores an unknown patient."""
        ...


class PatientsById(Protocol):
    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those that exist, oldest first. Raises `Unavailable` when the store does not answer."""
        ...


class MergedRecords(Protocol):
    def merged_into(self, survivors: Collection[UUID]) -> dict[UUID, UUID]:
        """The records that were merged into these patients, each with its survivor. Raises `Unavailable` when the store
        does not answer."""
        ...


class DuplicatesFound(Protocol):
    @property
    def certain(self) -> Mapping[UUID, Collection[UUID]]:
        """The new patients who certainly have a record already, or are the same person as one before, each with the
        ids of those records."""
        ...

    def queue(self, added: Set[UUID]) -> None:
        """Queues the pairs of those patients who were added."""
        ...


class DuplicateCheck(Protocol):
    """Compares patients with the others, and queues the pairs that may be one person for review. Call its methods
    within `Atomic`. Every method raises `Unavailable` when the store does not answer."""

    def check_new(self, actor: Actor, patient: Patient, *, refuse: bool) -> None:
        """Call it after the patient was added: another transaction that adds the same person waits until this one ends.

        With `refuse`, raises a `Conflict` if another record certainly describes the same person.
        """
        ...

    def find_new(self, patients: Sequence[Patient]) -> "DuplicatesFound":
        """Compares patients who are not added yet with the others, and each with those before."""
        ...

    def review(self, patients: Sequence[Patient]) -> Collection[UUID]:
        """After the patients were added or changed. Pairs of theirs that are no longer alike leave the queue. Returns
        the ids of those who are in a pair."""
        ...

    def review_changed(self, changes: Sequence[tuple[Patient, Patient]]) -> None:
        """Like `review`, for those patients whose details differ before and after."""
        ...


class PatientSearch(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

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


class PatientListing(Protocol):
    """All patients, a page at a time."""

    def list_oldest_first(self, *, after: UUID | None, limit: int) -> tuple[Patient, ...]:
        """By rising id, those after the id `after`. Raises `Unavailable` when the store does not answer."""
        ...


class AuditTrail(Protocol):
    def record(self, events: Sequence[AuditEvent]) -> None: ...

    def history(self, patient_id: UUID, *, before_version: int | None, limit: int) -> tuple[AuditEvent, ...]:
        """Newest first; empty for a patient that never was."""
        ...

    def forget_values(self, patient_id: UUID, versions: Collection[int] | None = None) -> None:
        """Removes what the patient's fields held, in these versions or ever; the events and their digests stay."""
        ...


class ChangeFeed(Protocol):
    """Audit events of all patients in one order. A position is assigned once and never changes.

    Every method raises `Unavailable` when the store does not answer.
    """

    def epoch(self) -> UUID:
        """The epoch that all positions belong to. Created on the first call and stored with the changes."""
        ...

    def renew_epoch(self) -> None:
        """Replaces the epoch by a new one."""
        ...

    def last(self) -> int:
        """The highest position assigned so far; 0 before the first."""
        ...

    def after(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        """The next entries by rising position, at most `limit`. `position` is 0 or one that was returned before.

        Everything committed before the call either has a position or gets one higher than all assigned so far. A
        client that continues after the last position it saw therefore misses nothing and sees nothing twice, however
        many write at the same time. The changes of one patient are in the order of its versions. Of two changes, one
        committed before the other began comes first.
        """
        ...


class RejectedRows(Protocol):
    """Rows of import files that were rejected, as far as they are about a person."""

    def remove_about(self, person_keys: Collection[bytes]) -> None:
        """Removes the rows of all imports that have one of the keys."""
        ...


class ValuesElsewhere(Protocol):
    """What other records had of a patient's while a merge joined them by mistake."""

    def forget(self, actor: Actor, at: datetime, patient_id: UUID) -> None:
        """Removes these values from the histories of the other records. Call it within `Atomic`, before the record is
        removed."""
        ...


class ErasedPatients(Protocol):
    def erased(self, *, after: UUID | None, limit: int) -> tuple[Erasure, ...]:
        """Those with higher ids than `after`, by rising id. Raises `Unavailable` when the store does not answer."""
        ...


class ErasureLedger(Protocol):
    """Who was erased, kept outside the store for the time after a restore. Holds ids and times, nothing else."""

    def record(self, erasure: Erasure) -> None:
        """Once the surrounding transaction is committed, stores it durably before the caller goes on. Raises
        `Unavailable` then: the patient is erased all the same."""
        ...

    def read(self) -> Iterator[Erasure]:
        """In any order, a patient perhaps several times. Raises `Unavailable`."""
        ...
