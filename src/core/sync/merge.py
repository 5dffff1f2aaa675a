"""What the upstream system says of a patient, and how it is merged into the record."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from attrs import frozen

from core.errors import ValidationError
from core.patients.entities import Changes, Patient, Rules, parse
from core.sync.errors import InvalidUpstreamRecord

FIELDS = ("first_name", "last_name", "email", "phone", "date_of_birth")


@frozen(repr=False)
class UpstreamDocument:
    """`document` is untrusted. `requested_before` is how long before this call upstream was asked, where another had
    asked already and both share the answer."""

    document: Mapping[str, object]
    requested_before: timedelta = timedelta()


@frozen(repr=False)
class UpstreamSnapshot:
    """What upstream said last: the base of the merge, and the last good snapshot.

    `values` holds, of `FIELDS`, those it ever gave, in their normal forms. `requested_at` is when it was asked.
    """

    external_id: str
    values: Mapping[str, str]
    requested_at: datetime

    def age(self, now: datetime) -> timedelta:
        """Never negative: two servers may differ by the time that their database takes to answer."""
        return max(now - self.requested_at, timedelta())


def snapshot_for(snapshot: UpstreamSnapshot | None, patient: Patient) -> UpstreamSnapshot | None:
    """The snapshot, if upstream said that under the id the patient has now."""
    return snapshot if snapshot and snapshot.external_id == patient.external_id else None


def normalize(answer: Mapping[str, object], rules: Rules) -> dict[str, str]:
    """The values of `FIELDS` that an untrusted answer gives. Null and blank text are no value; others are ignored.

    Raises `InvalidUpstreamRecord`.
    """
    given = {name: answer[name] for name in FIELDS if not _is_nothing(answer.get(name))}
    try:
        parsed = parse(given, rules)
    except ValidationError as invalid:
        raise InvalidUpstreamRecord(invalid) from None
    return {name: str(value) for name, value in parsed.items()}


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


@frozen
class Merge:
    changes: Changes
    conflicts: tuple[str, ...]


def merge(ours: Mapping[str, object], base: Mapping[str, str], theirs: Mapping[str, str]) -> Merge:
    """A three-way merge, a field at a time.

    Upstream's value is applied where it differs from what upstream said last. Where ours differs from that too, ours
    stays and the field is a conflict. Where upstream never gave the field before, its value is applied.
    """
    changes: dict[str, str] = {}
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
    """`fetched_at` is when upstream gave what the record rests on, `age` how long ago that is.

    When `outcome` is `stale`, nothing came from upstream, for `reason`, and the record is as it stood. A conflict is
    named by the sync that meets it, and not again until upstream changes the field once more.
    """

    patient: Patient
    outcome: SyncOutcome
    fetched_at: datetime
    age: timedelta
    conflicts: tuple[str, ...] = ()
    reason: str = ""

    @property
    def stale(self) -> bool:
        return self.outcome is SyncOutcome.STALE
