"""The merge of two records of one person, field by field."""

from collections.abc import Mapping
from enum import StrEnum
from typing import cast

from attrs import evolve

from core.errors import ErrorCollector, InvalidValue
from core.patients.demographics import MAX_ADDRESSES, MAX_CONTACTS, MAX_OTHER_NAMES, MAX_OTHER_PHONES
from core.patients.entities import Patient
from core.patients.fields import LISTS, SETTABLE
from core.patients.restoring import TOGETHER
from core.patients.values import MAX_IDENTIFIERS, Sex
from core.values import parse_enum

FIELDS = tuple(name for name in SETTABLE if name not in {"external_id", "status", *TOGETHER.values()})
"""The fields that a merge can choose."""
_MAX_ITEMS = {
    "other_names": MAX_OTHER_NAMES,
    "other_phones": MAX_OTHER_PHONES,
    "addresses": MAX_ADDRESSES,
    "contacts": MAX_CONTACTS,
    "identifiers": MAX_IDENTIFIERS,
}
_BLANK: tuple[object, ...] = (None, False, (), Sex.UNKNOWN)


class Source(StrEnum):
    SURVIVOR = "survivor"
    OTHER = "other"


Choices = Mapping[str, Source]
"""By field."""


def parse_choices(raw: object) -> Choices:
    """Raises `InvalidValue`, `ValidationError`."""
    if not isinstance(raw, Mapping):
        raise InvalidValue("type", "Must be an object.")
    given = cast("Mapping[object, object]", raw)
    if any(name not in FIELDS for name in given):
        raise InvalidValue("members", f"Must have fields as members. These can be chosen: {', '.join(FIELDS)}.")
    errors = ErrorCollector()
    choices: dict[str, Source] = {}
    for name, source in cast("Mapping[str, object]", given).items():
        with errors.field(name):
            choices[name] = parse_enum(source, Source)
    errors.raise_if_any()
    return choices


def combine(survivor: Patient, other: Patient, choices: Choices) -> Patient:
    """The survivor with the chosen values.

    Without a choice, the survivor's value stays. If it is blank, the other's takes its place; the items of two lists
    come together. The external id has no choice. Raises `ValidationError` if the values do not fit together.
    """
    errors = ErrorCollector()
    values: dict[str, object] = {}
    for name in FIELDS:
        source = choices.get(name) or default_source(name, survivor, other)
        with errors.field(f"choices.{name}"):
            if source is Source.OTHER:
                values |= {one: getattr(other, one) for one in (name, TOGETHER.get(name, name))}
            elif source is None:
                values[name] = _joined(name, survivor, other)
    errors.raise_if_any()
    combined = evolve(survivor, **values, external_id=survivor.external_id or other.external_id)
    combined.ensure_died_after_birth()
    return combined


def default_source(name: str, survivor: Patient, other: Patient) -> Source | None:
    """The record whose value stays without a choice; None if the items of both come together."""
    if getattr(survivor, name) in _BLANK:
        return Source.OTHER if getattr(other, name) not in _BLANK else Source.SURVIVOR
    return None if name in LISTS else Source.SURVIVOR


def _joined(name: str, survivor: Patient, other: Patient) -> tuple[object, ...]:
    own, others = cast("tuple[object, ...]", getattr(survivor, name)), cast("tuple[object, ...]", getattr(other, name))
    items = own + tuple(item for item in others if item not in own)
    if len(items) > _MAX_ITEMS[name]:
        raise InvalidValue("required", f"Must be chosen: together they have more than {_MAX_ITEMS[name]} items.")
    return tuple(sorted(cast("tuple[str, ...]", items))) if name == "identifiers" else items
