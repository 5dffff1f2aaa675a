from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from core.errors import Conflict, InvalidAnswer, Unavailable
from core.paging import Page
from core.patients.audit import AuditEvent, Change
from core.patients.entities import Patient
from core.patients.files import Layout, Reject
from core.patients.imports import Place
from core.patients.jobs import SyncOutcome
from core.patients.searching import PatientPage, PatientQuery
from core.patients.upstream import UpstreamAnswer, UpstreamCopy
from core.patients.values import Status


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

    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        """Those of them that are there, oldest first."""
        ...

    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        """Those of them that are there, each as `lock` gives it. Raises `NotAtomic` outside `Atomic`."""
        ...

    def oldest(self, *, after: UUID | None, limit: int) -> tuple[Patient, ...]:
        """The oldest first, which is by rising id; of those after the one with that id."""
        ...

    def ids(self, statuses: Collection[Status], *, after: UUID | None, before: UUID, limit: int) -> tuple[UUID, ...]:
        """Those between the two, in one of the statuses, oldest first."""
        ...

    def how_many(self, statuses: Collection[Status]) -> int:
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


class ChangeLog(Protocol):
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

    def after(self, position: int, limit: int) -> tuple[Change, ...]:
        """The next `limit` at most, by rising position. 0 is before all of them; any other should be one that was told.

        Everything that was committed before the call has a position, or will be given one after all that were given
        before. So whoever goes on after the last position seen misses nothing and is told nothing twice, however many
        write at the same time. A patient's changes are in the order of its versions, and so are any two of which one
        was committed before the other began.
        """
        ...


class UpstreamCopies(Protocol):
    def get(self, patient_id: UUID) -> UpstreamCopy | None:
        """None before the first sync."""
        ...

    def of(self, ids: Collection[UUID]) -> dict[UUID, UpstreamCopy]:
        """Of those patients that have one."""
        ...

    def keep(self, copies: Mapping[UUID, UpstreamCopy]) -> None:
        """By patient, in place of the one before. Removed with the patient."""
        ...


MAX_UNAVAILABLE_IN_A_ROW = 3

Fetched = UpstreamAnswer | Unavailable | InvalidAnswer | None
"""As `fetch` returns or raises it."""


class PatientGateway(Protocol):
    """The upstream system. What it answers is untrusted."""

    def fetch(self, external_id: str, *, request_id: str) -> UpstreamAnswer | None:
        """None when upstream does not know the patient.

        Answers within a bounded time. Raises `Unavailable`, `RateLimited`, `InvalidAnswer`.
        """
        ...

    def fetch_all(self, external_ids: Iterable[str], *, request_id: str) -> Generator[tuple[str, Fetched]]:
        """Asks for many, several at once and each as `fetch` does, and gives what came of each as it comes, in any
        order. Closed, it asks no more.

        When upstream is to be left alone, it asks for no more of them, gives what was under way, and raises
        `Unavailable` or `RateLimited`. An own gateway need not write this: it then asks for one after the other, and
        upstream is left alone after three in a row for whom it was unavailable.
        """
        failed = 0
        for external_id in external_ids:
            try:
                fetched: Fetched = self.fetch(external_id, request_id=request_id)
                failed = 0
            except InvalidAnswer as invalid:
                fetched, failed = invalid, 0
            except Unavailable as unavailable:
                fetched, failed = unavailable, failed + 1
                if failed == MAX_UNAVAILABLE_IN_A_ROW:
                    raise
            yield external_id, fetched


@frozen
class Sheet:
    """`content` gives the same CSV at each call, from its beginning."""

    name: str
    content: Callable[[], Iterable[bytes]]


class Spreadsheets(Protocol):
    def as_csv(self, content: Iterable[bytes]) -> AbstractContextManager[Sheet]:
        """The first sheet of an .xlsx or .ods file as CSV in UTF-8, delimited by commas, until the context ends. Each
        row is a record, an empty one a blank line. Dates are YYYY-MM-DD. Numbers have every digit, or an exponent where
        the spreadsheet lost some.

        Raises `Invalid` with a fault of `file`, `Unavailable` while too many are read.
        """
        ...


class ImportFiles(Protocol):
    """Files under import. The content hangs on the chunk that stands for the whole file, and goes with it; the layout
    stays as long as the job. Every method raises `Unavailable` when the store does not answer."""

    def keep(self, job_id: UUID, layout: Layout, pieces: Iterable[bytes]) -> None:
        """To be read from the layout's first row on. The chunk has the id of the job."""
        ...

    def layout(self, job_id: UUID) -> Layout: ...

    def place(self, job_id: UUID) -> Place:
        """Where reading goes on."""
        ...

    def move(self, job_id: UUID, place: Place) -> None: ...

    def read(self, job_id: UUID, offset: int) -> Generator[bytes]:
        """What comes from this byte on, in pieces."""
        ...

    def seen(self, job_id: UUID, keys: Collection[bytes]) -> set[bytes]:
        """Those of the keys that were marked."""
        ...

    def mark(self, job_id: UUID, keys: Collection[bytes]) -> None: ...


class ImportRejects(Protocol):
    """The rows that an import refused, removed with its job."""

    def record(self, job_id: UUID, rejects: Sequence[Reject]) -> None: ...

    def of(self, job_id: UUID) -> Generator[Reject]:
        """In the order of the file, without `person_keys`."""
        ...

    def remove_about(self, person_keys: Collection[bytes]) -> None:
        """Removes the rows of all imports that have one of the keys."""
        ...


class SyncOutcomes(Protocol):
    """What sync jobs did, once for each patient of a job."""

    def record(self, job_id: UUID, outcomes: Iterable[SyncOutcome]) -> None: ...

    def failures(self, job_id: UUID, *, after: UUID | None, limit: int) -> Page[SyncOutcome]:
        """Those that somebody should look at, by rising patient id."""
        ...
