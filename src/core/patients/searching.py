"""What patients can be searched by."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypedDict, cast
from uuid import UUID

from attrs import frozen

from core.errors import FaultList, Refused
from core.patients import values
from core.patients.entities import Patient, Rules
from core.patients.names import query_words
from core.patients.values import Identifier, Status
from core.values import DEFAULT_PER_PAGE, email, instant, page_limit, text

COUNTED_AT_MOST = 10_000
LONGEST_QUERY = 200
MOST_WORDS = 10


@frozen(kw_only=True, repr=False)
class PatientQuery:
    """All of the filters hold for a patient that is found; None filters nothing.

    `words`: each begins a word of the name. The instants given as `…_after` and `…_before` are excluded. `after`
    is the id of the last patient on the page before.
    """

    words: tuple[str, ...] = ()
    status: Status | None = None
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
    identifier: Identifier | None = None
    external_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    limit: int = DEFAULT_PER_PAGE
    after: UUID | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, object], rules: Rules) -> "PatientQuery":
        """Raises `Invalid` with every fault there is, unknown filters included."""
        faults = FaultList()
        parsed: dict[str, object] = {}
        for name, value in raw.items():
            if name not in _PARSERS:
                faults.add(name, "unknown", "There is no such filter.")
                continue
            with faults.noting(name):
                parsed["words" if name == "q" else name] = _PARSERS[name](value, rules)
        faults.raise_if_any()
        return cls(**cast("_Filters", parsed))


@frozen
class PatientPage:
    """Newest first. `next` is the id to go on after, or None at the end. `count` is None unless it was asked for; when
    `count_capped`, there are more."""

    patients: tuple[Patient, ...]
    next: UUID | None
    count: int | None = None
    count_capped: bool = False


class Filters(TypedDict, total=False):
    """The filters as a caller gives them; `q` is words of the name."""

    q: str
    status: Status | str
    email: str
    phone: str
    date_of_birth: date | str
    identifier: Identifier | str
    external_id: str
    created_after: datetime | str
    created_before: datetime | str
    updated_after: datetime | str
    limit: int
    after: UUID


class _Filters(TypedDict, total=False):
    words: tuple[str, ...]
    status: Status
    email: str
    phone: str
    date_of_birth: date
    identifier: Identifier
    external_id: str
    created_after: datetime
    created_before: datetime
    updated_after: datetime
    limit: int
    after: UUID


def parse_words(raw: object) -> tuple[str, ...]:
    words = query_words(text(raw, LONGEST_QUERY))
    if not words:
        raise Refused("blank", "Search with at least one letter or digit.")
    if len(words) > MOST_WORDS:
        raise Refused("too_many", f"Search with at most {MOST_WORDS} words.")
    return words


def _identifier(raw: object) -> Identifier:
    if isinstance(raw, Identifier):
        return values.identifier(raw)
    system, bar, value = text(raw).partition("|")
    if not bar:
        raise Refused("invalid", "Give an identifier as system|value.")
    return values.identifier({"system": system, "value": value})


_PARSERS: dict[str, Callable[[object, Rules], object]] = {
    "q": lambda raw, _: parse_words(raw),
    "status": lambda raw, _: values.status(raw),
    "email": lambda raw, _: email(raw),
    "phone": lambda raw, rules: values.phone(raw, rules.phone_region),
    "date_of_birth": lambda raw, _: values.iso_date(raw),
    "identifier": lambda raw, _: _identifier(raw),
    "external_id": lambda raw, _: values.external_id(raw),
    "created_after": lambda raw, _: instant(raw),
    "created_before": lambda raw, _: instant(raw),
    "updated_after": lambda raw, _: instant(raw),
    "limit": lambda raw, _: page_limit(raw),
    "after": lambda raw, _: values.patient_id(raw),
}
