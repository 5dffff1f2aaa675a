"""The access log: who saw or took what, and who signed in or was refused."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, cast
from uuid import UUID

from attrs import frozen

from core.errors import ErrorCollector, InvalidValue, Parser, parse_fields
from core.values import parse_datetime, parse_enum, parse_single_line

MAX_ACTOR_LENGTH = 100


class AccessAction(StrEnum):
    PATIENT_VIEWED = "patient_viewed"
    HISTORY_VIEWED = "history_viewed"
    PATIENTS_SEARCHED = "patients_searched"
    PATIENTS_MATCHED = "patients_matched"
    DUPLICATES_VIEWED = "duplicates_viewed"
    HELD_CHANGES_VIEWED = "held_changes_viewed"
    EXPORT_STARTED = "export_started"
    EXPORT_ENDED = "export_ended"
    REJECTS_DOWNLOADED = "rejects_downloaded"
    PAGE_VIEWED = "page_viewed"
    AUDIT_VIEWED = "audit_viewed"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    TOKEN_REUSED = "token_reused"  # noqa: S105 (no password)
    KEY_REFUSED = "key_refused"
    REFUSED = "refused"


@frozen(kw_only=True)
class AccessEntry:
    """`patient_id` is the patient whose record was seen, or `count` the number of records. `detail` depends on the
    action: a digest of the filters of a search, the operation that was refused, the job of rejects or the page.
    `address` is the client's IP address. `number` counts the stored entries without a gap; 0 before that."""

    at: datetime
    actor: str
    action: AccessAction
    patient_id: UUID | None = None
    count: int | None = None
    detail: str = ""
    address: str = ""
    request_id: str = ""
    number: int = 0


def chained(previous: str, entry: AccessEntry) -> tuple[str | int | None, ...]:
    """What the seal of a stored entry covers: the entry, and the seal of the previous one."""
    return (
        previous,
        entry.number,
        entry.at.isoformat(),
        entry.actor,
        entry.action,
        str(entry.patient_id) if entry.patient_id else None,
        entry.count,
        entry.detail,
        entry.address,
        entry.request_id,
    )


class AccessFilters(TypedDict, total=False):
    actor: object
    patient_id: object
    action: object
    since: object
    until: object


class _Parsed(TypedDict, total=False):
    actor: str
    patient_id: UUID
    action: AccessAction
    since: datetime
    until: datetime


@frozen(kw_only=True)
class AccessQuery:
    """The entries that match every filter; `until` is exclusive."""

    actor: str | None = None
    patient_id: UUID | None = None
    action: AccessAction | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, filters: AccessFilters, errors: ErrorCollector | None = None) -> "AccessQuery":
        """Raises `ValidationError` with `errors` and every other error of the filters."""
        parsed = parse_fields(cast("Mapping[str, object]", filters), _PARSERS, errors=errors)
        return cls(**cast("_Parsed", parsed))


def _parse_id(raw: object) -> UUID:
    try:
        return raw if isinstance(raw, UUID) else UUID(parse_single_line(raw, 36))
    except ValueError:
        raise InvalidValue("invalid", "Must be the id of a patient.") from None


_PARSERS: dict[str, Parser] = {
    "actor": lambda raw: parse_single_line(raw, MAX_ACTOR_LENGTH),
    "patient_id": _parse_id,
    "action": lambda raw: parse_enum(raw, AccessAction),
    "since": parse_datetime,
    "until": parse_datetime,
}
