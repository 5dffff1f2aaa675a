"""The audit trail: what was done to a patient, by whom, and when."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.patients.entities import JsonValue, Patient


class Action(StrEnum):
    REGISTERED = "registered"
    UPDATED = "updated"
    SYNCED = "synced"
    ERASED = "erased"


@frozen(repr=False)
class Values:
    """What the changed fields held before and after. Kept apart from the event, so that erasing can remove it."""

    before: Mapping[str, JsonValue]
    after: Mapping[str, JsonValue]
    salt: str

    @property
    def digest(self) -> str:
        """Proves what the values were to whoever still has them, and tells nothing to whoever has not."""
        content = json.dumps([self.salt, dict(self.before), dict(self.after)], sort_keys=True)
        return sha256(content.encode()).hexdigest()


@frozen(kw_only=True)
class AuditEvent:
    """One change of one patient. A patient's versions number its events: each version has exactly one.

    `values` is None once the patient is erased; `digest` stays.
    """

    patient_id: UUID
    version: int
    at: datetime
    actor: str
    request_id: str
    action: Action
    fields: tuple[str, ...]
    digest: str
    values: Values | None

    @classmethod
    def of(
        cls, action: Action, actor: Actor, at: datetime, salt: str, *, before: Patient | None, after: Patient
    ) -> "AuditEvent":
        was, now = before.to_json() if before else {}, after.to_json()
        fields = tuple(name for name in now if was.get(name) != now[name])
        values = Values({name: was[name] for name in fields if name in was}, {name: now[name] for name in fields}, salt)
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
        )


@frozen
class ChangeCursor:
    """A place among the changes: after the one at `position`, 0 being before all of them. A position means something
    within its epoch alone: a restored registry gives those that it forgot to other changes."""

    epoch: UUID
    position: int


@frozen(kw_only=True)
class ChangeEntry:
    """An event as those are told of it who follow the registry, at its place among all events of all patients. What the
    fields hold is not told: whoever may know reads it in the record, as long as there is one."""

    position: int
    patient_id: UUID
    version: int
    action: Action
    at: datetime
    fields: tuple[str, ...]
    actor: str
    request_id: str
