"""Upstream's data about a patient, and the three-way merge into the record."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from attrs import frozen

from core.errors import ValidationError
from core.patients.entities import Patient, to_json
from core.patients.fields import SETTABLE, Changes, Rules, parse
from core.sync.errors import InvalidUpstreamRecord

FIELDS = (
    "first_name", "middle_name", "last_name", "email", "phone", "other_phones", "date_of_birth", "deceased",
    "addresses",
)  # fmt: skip
"""What upstream may set by default."""
SYNCABLE_FIELDS = tuple(name for name in SETTABLE if name not in {"external_id", "status"})


@frozen(repr=False)
class UpstreamDocument:
    """`document` is untrusted. `requested_before` is the age of the request when this call joined one that was already
    pending, else zero."""

    document: Mapping[str, object]
    requested_before: timedelta = timedelta()


@frozen(repr=False)
class UpstreamSnapshot:
    """What upstream sent last: the base of the merge, and the last good copy.

    `values` holds every field that upstream has ever sent, normalized. `requested_at` is the time of the
    request.
    """

    external_id: str
    values: Mapping[str, object]
    requested_at: datetime

    def age(self, now: datetime) -> timedelta:
        """Never negative, even if the clocks of two servers differ slightly."""
        return max(now - self.requested_at, timedelta())


def snapshot_for(snapshot: UpstreamSnapshot | None, patient: Patient) -> UpstreamSnapshot | None:
    """The snapshot, if it belongs to the patient's current external id."""
    return snapshot if snapshot and snapshot.external_id == patient.external_id else None


def normalize(document: Mapping[str, object], rules: Rules, fields: Collection[str] = FIELDS) -> dict[str, object]:
    """The normalized JSON values of `fields` in an untrusted response. Null, blank text and other members are ignored.

    Raises `InvalidUpstreamRecord`.
    """
    raw = {name: document[name] for name in fields if not _is_blank(document.get(name))}
    try:
        parsed = parse(raw, rules)
    except ValidationError as invalid:
        raise InvalidUpstreamRecord(invalid) from None
    return {name: to_json(value) for name, value in parsed.items()}


def parse_fields(raw: Collection[str]) -> tuple[str, ...]:
    """Raises `ValueError`."""
    if unknown := [name for name in raw if name not in SYNCABLE_FIELDS]:
        raise ValueError(f"SYNC_FIELDS must name fields among {', '.join(SYNCABLE_FIELDS)}. Not one: {unknown[0]!r}.")
    return tuple(raw)


def _is_blank(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


@frozen
class Merge:
    changes: Changes
    conflicts: tuple[str, ...]


def merge(ours: Mapping[str, object], base: Mapping[str, object], theirs: Mapping[str, object]) -> Merge:
    """Merges field by field: an upstream value is applied if upstream changed it since `base`.

    If the local value differs from `base` too, the local value stays and the field is a conflict. A field that upstream
    sends for the first time is applied.
    """
    changes: dict[str, object] = {}
    conflicts: list[str] = []
    for name, value in theirs.items():
        if value == base.get(name) or value == ours[name]:
            continue
        if name in base and ours[name] != base[name]:
            conflicts.append(name)
        else:
            changes[name] = value
    return Merge(cast("Changes", changes), tuple(conflicts))


class SyncOutcome(StrEnum):
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"


@frozen
class SyncResult:
    """`fetched_at` is the time of the upstream data behind the record, `age` the time since then.

    `stale` means that upstream sent nothing, for `reason`, and the record is unchanged. A conflict is reported once,
    and again only after upstream has changed the field again. `before` is the record before the merge, None the first
    time that the patient is synced.
    """

    patient: Patient
    outcome: SyncOutcome
    fetched_at: datetime
    age: timedelta
    conflicts: tuple[str, ...] = ()
    reason: str = ""
    before: Patient | None = None

    @property
    def stale(self) -> bool:
        return self.outcome is SyncOutcome.STALE
