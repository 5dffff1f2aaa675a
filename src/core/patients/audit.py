"""The audit trail: one event for each change of a patient."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from secrets import token_hex
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor
from core.patients.entities import Patient
from core.patients.fields import FieldJson
from core.seals import Content

_EMPTY: tuple[FieldJson, ...] = (None, False, [])  # a registration does not list the fields that it leaves empty


def new_salt() -> str:
    return token_hex(16)


class Action(StrEnum):
    REGISTERED = "registered"
    UPDATED = "updated"
    SYNCED = "synced"
    ERASED = "erased"
    MERGED = "merged"
    MERGE_UNDONE = "merge_undone"
    CHANGE_UNDONE = "change_undone"
    VALUES_ERASED = "values_erased"


@frozen(repr=False)
class ChangedValues:
    """The changed fields before and after, and why the actor made the change. Stored apart from the event, so that an
    erasure can remove them."""

    before: Mapping[str, FieldJson]
    after: Mapping[str, FieldJson]
    salt: str
    reason: str = ""

    @property
    def digest(self) -> str:
        """Verifies the values for someone who has them and the salt. Reveals nothing about them otherwise."""
        content = json.dumps([self.salt, dict(self.before), dict(self.after), self.reason], sort_keys=True)
        return sha256(content.encode()).hexdigest()


@frozen(kw_only=True)
class AuditEvent:
    """One change of one patient. Each version of a patient has exactly one event.

    `values` is None after the patient is erased; `digest` stays. Values that another patient lent to the record, until
    a merge was undone, are removed when that patient is erased: then an event `values_erased` names the fields, and its
    digest covers the versions. `job_id` is the job that made the change. `seal`
    covers everything but the values, of which it covers the digest.
    """

    patient_id: UUID
    version: int
    at: datetime
    actor: str
    request_id: str
    action: Action
    fields: tuple[str, ...]
    digest: str
    values: ChangedValues | None
    job_id: UUID | None = None
    seal: str = ""

    @classmethod
    def of(
        cls,
        action: Action,
        actor: Actor,
        at: datetime,
        salt: str,
        *,
        before: Patient | None,
        after: Patient,
        reason: str = "",
    ) -> "AuditEvent":
        old, new = _values(before) if before else {}, _values(after)
        fields = tuple(name for name in new if (new[name] != old[name] if old else new[name] not in _EMPTY))
        values = ChangedValues(
            {name: old[name] for name in fields if name in old}, {name: new[name] for name in fields}, salt, reason
        )
        return cls(
            patient_id=after.id,
            version=after.version,
            at=at,
            actor=actor.name,
            request_id=actor.request_id,
            action=action,
            fields=fields,
            digest=values.digest,
            values=values,
            job_id=actor.job_id,
        )

    @classmethod
    def erased(cls, actor: Actor, at: datetime, patient: Patient) -> "AuditEvent":
        return cls(
            patient_id=patient.id,
            version=patient.version + 1,
            at=at,
            actor=actor.name,
            request_id=actor.request_id,
            action=Action.ERASED,
            fields=(),
            digest="",
            values=None,
            job_id=actor.job_id,
        )

    @classmethod
    def values_erased(
        cls, actor: Actor, at: datetime, patient: Patient, fields: tuple[str, ...], versions: Iterable[int]
    ) -> "AuditEvent":
        """`versions` are all those whose values were removed so far."""
        event, digest = cls.erased(actor, at, patient), versions_digest(versions)
        return evolve(event, action=Action.VALUES_ERASED, fields=fields, digest=digest)

    @property
    def lacks_values(self) -> bool:
        return self.values is None and self.action not in {Action.ERASED, Action.VALUES_ERASED}


@frozen
class Erasure:
    """A patient who was erased, and when."""

    patient_id: UUID
    at: datetime


def versions_digest(versions: Iterable[int]) -> str:
    return sha256(json.dumps(sorted(versions)).encode()).hexdigest()


def sealed_content(event: AuditEvent) -> Content:
    """What the seal of an event covers. The version gives its place: each patient has each version once."""
    return (
        str(event.patient_id),
        event.version,
        event.at.isoformat(),
        event.actor,
        event.request_id,
        event.action,
        list(event.fields),
        event.digest,
        str(event.job_id) if event.job_id else None,
    )


def _values(patient: Patient) -> dict[str, FieldJson]:
    return patient.to_json() | {"merged_into": str(patient.merged_into) if patient.merged_into else None}


@frozen
class ChangeCursor:
    """A position in the change feed: after the entry at `position`; 0 is before the first entry. Positions are valid
    within one epoch: a restored registry assigns lost positions to other changes."""

    epoch: UUID
    position: int


@frozen(kw_only=True)
class ChangeEntry:
    """An audit event with its global position. It has no values: consumers read the current record instead."""

    position: int
    patient_id: UUID
    version: int
    action: Action
    at: datetime
    fields: tuple[str, ...]
    actor: str
    request_id: str
    seal: str
