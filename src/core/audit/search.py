"""Searching the audit events of all patients."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from attrs import frozen

from core.access_log.entities import LogQuery
from core.patients.audit import Action, AuditEvent


@frozen
class AuditCursor:
    """The last event of a page. Events are newest first; those of one time by falling patient id and version."""

    at: datetime
    patient_id: UUID
    version: int


@frozen(kw_only=True)
class AuditQuery(LogQuery[Action]):
    actions: ClassVar[type[StrEnum]] = Action


@frozen
class AuditPage:
    """`names` are the full names of the patients whose records exist. `next` is where the next page begins, or None on
    the last page."""

    events: tuple[AuditEvent, ...]
    names: Mapping[UUID, str]
    next: AuditCursor | None
