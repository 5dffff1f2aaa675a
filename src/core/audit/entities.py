"""What a verification of the audit finds."""

from datetime import datetime

from attrs import frozen

from core.errors import InvalidValue
from core.values import parse_datetime, parse_object, parse_str

MAX_ROWS = 2**63 - 1


@frozen
class Fault:
    """`where` names an entry of the access log, or a patient's history and version."""

    where: str
    what: str


@frozen(kw_only=True)
class Checkpoint:
    """The audit at a time: the last entry of the access log with its seal, and how many audit events the change feed
    has, with a digest of their seals. Kept elsewhere, it shows whether rows at the end were removed since."""

    at: datetime
    last_entry: int
    entry_seal: str
    events: int
    events_digest: str

    @classmethod
    def parse(cls, raw: object) -> "Checkpoint":
        """From `to_json`. Raises `ValidationError`, `InvalidValue`."""
        return parse_object(
            raw,
            cls,
            at=parse_datetime,
            last_entry=_parse_count,
            entry_seal=lambda value: parse_str(value, 64),
            events=_parse_count,
            events_digest=lambda value: parse_str(value, 64),
        )

    def to_json(self) -> dict[str, str | int]:
        return {
            "at": self.at.isoformat(),
            "last_entry": self.last_entry,
            "entry_seal": self.entry_seal,
            "events": self.events,
            "events_digest": self.events_digest,
        }


@frozen
class AuditReport:
    """`checkpoint` was taken at the end of the verification."""

    faults: tuple[Fault, ...]
    more_faults: bool
    checkpoint: Checkpoint


def _parse_count(raw: object) -> int:
    if type(raw) is not int or not 0 <= raw <= MAX_ROWS:
        raise InvalidValue("range", "Must be a whole number from 0.")
    return raw
