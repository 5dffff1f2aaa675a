from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from attrs import frozen

from core.jobs.entities import Job
from core.matching.blocking import KeyKind
from core.matching.scoring import Evidence, Match
from core.matching.weights import WEIGHTS_VERSION
from core.patients.entities import Patient
from core.patients.values import Status


@frozen
class Candidate:
    """A patient who may be the person."""

    patient: Patient
    match: Match


@frozen
class Candidates:
    """By falling probability. `cut_keys` are the kinds of keys that too many patients share with the person: of those
    patients, only the ones who share another key as well were compared."""

    found: tuple[Candidate, ...]
    cut_keys: tuple[KeyKind, ...]


class PairState(StrEnum):
    """`open` pairs wait for a decision; `later` ones were looked at and put off."""

    OPEN = "open"
    LATER = "later"
    SAME = "same"
    DIFFERENT = "different"

    @property
    def is_decided(self) -> bool:
        return self in {PairState.SAME, PairState.DIFFERENT}


@frozen(kw_only=True)
class DuplicatePair:
    """Two records that may describe one person, `first_id` the older one. Holds no values of theirs, so that erasing
    one leaves nothing behind.

    `probability` and `evidence` are as of `weights_version`, when the pair was last compared.
    """

    id: UUID
    first_id: UUID
    second_id: UUID
    probability: float
    evidence: tuple[Evidence, ...]
    weights_version: int
    found_at: datetime
    state: PairState = PairState.OPEN
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    @property
    def patient_ids(self) -> tuple[UUID, UUID]:
        return self.first_id, self.second_id


@frozen
class PairCursor:
    """A position in the list of pairs, which is by falling probability."""

    probability: float
    id: UUID


@frozen
class PairPage:
    """Each pair with its two patients. `next` is None on the last page."""

    pairs: tuple[DuplicatePair, ...]
    patients: Mapping[UUID, Patient]
    next: PairCursor | None


@frozen
class PairView:
    """A pair with its two records, the older one first."""

    pair: DuplicatePair
    first: Patient
    second: Patient


class ScanOutcome(StrEnum):
    """`paired`: the scan put the patient into a pair of possible duplicates, in a full scan with an older one.
    `skipped`: the patient was erased or merged in the meantime."""

    PAIRED = "paired"
    UNPAIRED = "unpaired"
    SKIPPED = "skipped"


@frozen
class ScanOptions:
    """Without `changed_since`, a scan covers every patient."""

    changed_since: datetime | None = None
    weights_version: int = WEIGHTS_VERSION

    @classmethod
    def of(cls, job: Job) -> "ScanOptions":
        since = job.options["changed_since"]
        return cls(datetime.fromisoformat(str(since)) if since else None, cast("int", job.options["weights_version"]))

    @property
    def is_comparable(self) -> bool:
        """Whether the scan compared with the current weights."""
        return self.weights_version == WEIGHTS_VERSION

    def to_json(self) -> dict[str, object]:
        since = self.changed_since
        return {"changed_since": since.isoformat() if since else None, "weights_version": self.weights_version}


@frozen(kw_only=True)
class Merge:
    """The other record became part of the survivor's. `absorbed` are the records that had been merged into the other
    one before. The values are those of the survivor's audit event of `survivor_version`."""

    id: UUID
    survivor_id: UUID
    other_id: UUID
    survivor_version: int
    other_status: Status
    at: datetime
    actor: str
    absorbed: tuple[UUID, ...] = ()
    undone_at: datetime | None = None
    undone_by: str = ""


@frozen
class MergeResult:
    """`merge` is None for a preview. `fields` are the fields of the survivor that the merge changes."""

    merge: Merge | None
    survivor: Patient
    other: Patient
    fields: tuple[str, ...]

    @classmethod
    def of(cls, merge: Merge | None, before: Patient, survivor: Patient, other: Patient) -> "MergeResult":
        old, new = before.to_json(), survivor.to_json()
        return cls(merge, survivor, other, tuple(name for name in old if old[name] != new[name]))


@frozen
class UndoResult:
    """Both records are separate again. `kept` are the fields of the survivor that keep a change made after the
    merge."""

    merge: Merge
    survivor: Patient
    other: Patient
    kept: tuple[str, ...]
