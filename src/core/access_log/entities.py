"""The access log: who saw or took what, and who signed in or was refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, Self, TypedDict, TypeVar, cast
from uuid import UUID

from attrs import evolve, frozen

from core.errors import ErrorCollector, InvalidValue, Parser, parse_fields
from core.seals import Content, Sealer
from core.values import parse_datetime, parse_enum, parse_single_line

MAX_ACTOR_LENGTH = 100


class AccessAction(StrEnum):
    PATIENT_VIEWED = "patient_viewed"
    RECENT_VIEWED = "recent_viewed"
    HISTORY_VIEWED = "history_viewed"
    PATIENTS_SEARCHED = "patients_searched"
    PATIENTS_MATCHED = "patients_matched"
    DUPLICATES_VIEWED = "duplicates_viewed"
    HELD_CHANGES_VIEWED = "held_changes_viewed"
    CHANGES_FOLLOWED = "changes_followed"
    SUBJECT_ACCESS = "subject_access"
    EXPORT_STARTED = "export_started"
    EXPORT_ENDED = "export_ended"
    REJECTS_VIEWED = "rejects_viewed"
    REJECTS_DOWNLOADED = "rejects_downloaded"
    ANSWER_REPEATED = "answer_repeated"
    PAGE_VIEWED = "page_viewed"
    AUDIT_VIEWED = "audit_viewed"
    AUDIT_VERIFIED = "audit_verified"
    BACKED_UP = "backed_up"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (no password)
    RESET_REFUSED = "reset_refused"
    TOKEN_REUSED = "token_reused"  # noqa: S105 (no password)
    TOKEN_REFUSED = "token_refused"  # noqa: S105 (no password)
    REFUSED = "refused"


@frozen(kw_only=True)
class AccessEntry:
    """`patient_id` is the patient whose record was seen, or `count` the number of records. `detail` depends on the
    action: a digest of the filters of a search, the operation that was refused, the key that was
    refused outside its networks, the job of rejects or the page.
    `address` is the client's IP address. `number` counts the stored entries without a gap, and `seal` covers the entry
    and the seal of the one before it; 0 and empty until it is stored."""

    at: datetime
    actor: str
    action: AccessAction
    patient_id: UUID | None = None
    count: int | None = None
    detail: str = ""
    address: str = ""
    request_id: str = ""
    number: int = 0
    seal: str = ""


class Seen(TypedDict, total=False):
    """What an entry tells beside who did what."""

    patient_id: UUID | None
    count: int | None
    detail: str


def sealed_content(previous_seal: str, entry: AccessEntry) -> Content:
    """What the seal of a stored entry covers."""
    return (
        previous_seal,
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


def append(entries: Sequence[AccessEntry], number: int, seal: str, sealer: Sealer) -> list[AccessEntry]:
    """The entries as they follow the last stored one, whose number and seal these are."""
    appended: list[AccessEntry] = []
    for entry in entries:
        number += 1
        numbered = evolve(entry, number=number)
        seal = sealer.seal(sealed_content(seal, numbered))
        appended.append(evolve(numbered, seal=seal))
    return appended


@frozen
class AccessCursor:
    """The last entry of a page. Numbers follow the order in which entries were stored, which differs a little."""

    at: datetime
    number: int


class AccessFilters(TypedDict, total=False):
    actor: object
    patient_id: object
    action: object
    since: object
    until: object


class _Logged(Protocol):
    @property
    def actor(self) -> str: ...
    @property
    def patient_id(self) -> UUID | None: ...
    @property
    def action(self) -> StrEnum: ...
    @property
    def at(self) -> datetime: ...


A = TypeVar("A", bound=StrEnum)


@frozen(kw_only=True)
class LogQuery(Generic[A]):
    """The entries of a log that match every filter; `until` is exclusive."""

    actions: ClassVar[type[StrEnum]]

    actor: str | None = None
    patient_id: UUID | None = None
    action: A | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, filters: AccessFilters, errors: ErrorCollector | None = None) -> Self:
        """Raises `ValidationError` with `errors` and every other error of the filters."""
        parsers: dict[str, Parser] = {**_PARSERS, "action": lambda raw: parse_enum(raw, cls.actions)}
        parsed = parse_fields(cast("Mapping[str, object]", filters), parsers, errors=errors)
        return evolve(cls(), **parsed)

    def matches(self, entry: _Logged) -> bool:
        return (
            self.actor in {None, entry.actor}
            and self.patient_id in {None, entry.patient_id}
            and self.action in {None, entry.action}
            and (self.since is None or self.since <= entry.at)
            and (self.until is None or entry.at < self.until)
        )


@frozen(kw_only=True)
class AccessQuery(LogQuery[AccessAction]):
    actions: ClassVar[type[StrEnum]] = AccessAction


def _parse_id(raw: object) -> UUID:
    try:
        return raw if isinstance(raw, UUID) else UUID(parse_single_line(raw, 36))
    except ValueError:
        raise InvalidValue("invalid", "Must be the id of a patient.") from None


_PARSERS: dict[str, Parser] = {
    "actor": lambda raw: parse_single_line(raw, MAX_ACTOR_LENGTH),
    "patient_id": _parse_id,
    "since": parse_datetime,
    "until": parse_datetime,
}
