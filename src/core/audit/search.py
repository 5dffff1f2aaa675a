"""Searching the audit events of all patients."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, cast
from uuid import UUID

from attrs import frozen

from core.access_log.entities import SHARED_FILTERS, AccessFilters
from core.errors import ErrorCollector, Parser, parse_fields
from core.patients.audit import Action, AuditEvent
from core.values import parse_enum


@frozen
class AuditCursor:
    """The last event of a page. Events are newest first; those of one time by falling patient id and version."""

    at: datetime
    patient_id: UUID
    version: int


class _Parsed(TypedDict, total=False):
    actor: str
    patient_id: UUID
    action: Action
    since: datetime
    until: datetime


@frozen(kw_only=True)
class AuditQuery:
    """The events that match every filter; `until` is exclusive."""

    actor: str | None = None
    patient_id: UUID | None = None
    action: Action | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, filters: AccessFilters, errors: ErrorCollector | None = None) -> "AuditQuery":
        """Raises `ValidationError` with `errors` and every other error of the filters."""
        parsed = parse_fields(cast("Mapping[str, object]", filters), _PARSERS, errors=errors)
        return cls(**cast("_Parsed", parsed))


@frozen
class AuditPage:
    """`names` are the full names of the patients whose records exist. `next` is where the next page begins, or None on
    the last page."""

    events: tuple[AuditEvent, ...]
    names: Mapping[UUID, str]
    next: AuditCursor | None


_PARSERS: dict[str, Parser] = {**SHARED_FILTERS, "action": lambda raw: parse_enum(raw, Action)}
