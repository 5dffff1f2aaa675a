"""Undoing a change of a record, field by field."""

from collections.abc import Mapping
from typing import cast

from attrs import evolve, frozen

from core.patients.entities import Patient
from core.patients.fields import LISTS, NAMES, FieldJson
from core.patients.stored_values import read_values

TOGETHER = {"email": "email_shared", "date_of_birth": "date_of_birth_estimated"}
"""Values that say something about another one, and come from the same record."""


@frozen
class Restored:
    """`kept` are the fields that were changed since and keep that change."""

    patient: Patient
    kept: tuple[str, ...]


def restore(patient: Patient, before: Mapping[str, FieldJson], after: Mapping[str, FieldJson]) -> Restored:
    """Gives the fields their values from before a change, unless they were changed after it. Of a list that was changed
    after it, it takes back the items that the change added."""
    now = patient.to_json()
    changed = {name for name in before if now[name] != after[name]}
    changed |= {name for pair in TOGETHER.items() if changed & set(pair) for name in pair if name in before}
    values = {name: value for name, value in before.items() if name not in changed}
    for name in changed.intersection(LISTS):
        values[name] = _without_added(name, now[name], before[name], after[name])
    if all(values.get(name, now[name]) is None for name in NAMES):
        changed |= {name for name in NAMES if values.pop(name, now[name]) != now[name]}
    restored = evolve(patient, **read_values(values))
    if restored.died_before_birth:
        dates = ("date_of_birth", "date_of_birth_estimated", "deceased")
        changed |= values.keys() & set(dates)
        restored = evolve(restored, **{name: getattr(patient, name) for name in dates})
    return Restored(restored, tuple(name for name in before if name in changed))


def _without_added(name: str, now: FieldJson, before: FieldJson, after: FieldJson) -> FieldJson:
    items, old, added = (cast("list[dict[str, object]]", value) for value in (now, before, after))
    kept = [item for item in items if item in old or item not in added]
    kept += [item for item in old if item not in added and item not in kept]
    return sorted(kept, key=lambda item: (item["system"], item["value"])) if name == "identifiers" else kept
