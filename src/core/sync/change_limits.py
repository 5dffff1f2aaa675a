"""Limits on the changes of a sync job: an upstream that sends wrong data must not overwrite the registry."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from attrs import frozen

from core.patients.entities import Patient
from core.patients.fields import FieldJson
from core.sync.merge import SyncResult

MIN_PATIENTS = 20
MIN_ALIKE = 10
MAX_SAMPLE = 20


@frozen
class ChangeLimits:
    """Shares of the patients of a chunk, of those who were synced before: the most that may change, and the most that
    may get the same new value in a field. A limit of 1 does not apply."""

    changed: float = 0.3
    alike: float = 0.2

    @classmethod
    def parse(cls, changed: float, alike: float) -> "ChangeLimits":
        """Raises `ValueError`."""
        for name, share in {"SYNC_MAX_CHANGED": changed, "SYNC_MAX_ALIKE": alike}.items():
            if not 0 < share <= 1:
                raise ValueError(f"{name} must be more than 0 and at most 1. It is {share:g}.")
        return cls(changed, alike)


DEFAULT_LIMITS = ChangeLimits()


@frozen(repr=False)
class HeldChange:
    """What a held sync job would change in a patient's record: the fields before and after."""

    patient_id: UUID
    before: Mapping[str, FieldJson]
    after: Mapping[str, FieldJson]

    @classmethod
    def of(cls, before: Patient, after: Patient) -> "HeldChange":
        old, new = before.to_json(), after.to_json()
        fields = [name for name in new if new[name] != old[name]]
        return cls(after.id, {name: old[name] for name in fields}, {name: new[name] for name in fields})


class UnusualChanges(Exception):
    """`reason` names no values. `sample` are some of the changes."""

    def __init__(self, reason: str, sample: Sequence[HeldChange]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sample = tuple(sample[:MAX_SAMPLE])


def ensure_usual(results: Iterable[SyncResult], limits: ChangeLimits) -> None:
    """Fewer than twenty patients who were synced before are not judged; fewer than ten with a value are not alike.

    Raises `UnusualChanges`.
    """
    befores = [(result.before, result.patient) for result in results if result.before]
    count = len(befores)
    if count < MIN_PATIENTS:
        return
    changes = [HeldChange.of(before, after) for before, after in befores if before.version != after.version]
    if len(changes) > limits.changed * count:
        raise UnusualChanges(
            f"{len(changes)} of {count} patients would change; at most {limits.changed:.0%} may.", changes
        )
    values = Counter((name, json.dumps(value)) for change in changes for name, value in change.after.items())
    for (field, value), alike in values.most_common(1):
        if alike >= MIN_ALIKE and alike > limits.alike * count:
            raise UnusualChanges(
                f"{alike} of {count} patients would get the same {field}; at most {limits.alike:.0%} may.",
                [change for change in changes if field in change.after and json.dumps(change.after[field]) == value],
            )
