"""Search filters, sort orders and pages."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict, cast
from uuid import UUID

from attrs import asdict, frozen

from core.errors import ErrorCollector, InvalidValue
from core.patients import values
from core.patients.dates import PartialDate, parse_date, parse_partial_date
from core.patients.entities import Patient
from core.patients.fields import Rules
from core.patients.search_terms import Prefixes, parse_words
from core.patients.values import Identifier, Sex, Status
from core.values import DEFAULT_PER_PAGE, parse_datetime, parse_email, parse_enum, parse_page_limit, parse_str

MAX_COUNT = 10_000
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_QUERY_LENGTH = 250  # longer than any full name
MAX_IDS = 200
_SHOWN = {"sort", "limit", "after"}


class Sort(StrEnum):
    """Ascending, or descending with a minus. Names sort by last name."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    NAME = "name"
    NAME_DESCENDING = "-name"
    BIRTH = "date_of_birth"
    BIRTH_DESCENDING = "-date_of_birth"
    UPDATED = "updated_at"
    UPDATED_DESCENDING = "-updated_at"

    @property
    def field(self) -> str:
        return self.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.startswith("-")


@frozen
class PatientCursor:
    """The last patient of a page, in its version then. Contains no personal data, because it appears in URLs."""

    id: UUID
    version: int

    @classmethod
    def of(cls, patient: Patient) -> "PatientCursor":
        return cls(patient.id, patient.version)


@frozen(kw_only=True, repr=False)
class PatientQuery:
    """A patient must match all filters. None means no filter.

    `words`: for each word, one of its prefixes must start a search term of the patient. `date_of_birth` also matches
    the more precise dates within it; an unknown one matches no filter. For `born_after` and
    `born_before`, a partial date counts as its earliest day. The limits `…_after` and `…_before` are
    exclusive. A string `identifier` is a value in any system. `after` is the end of the previous page.
    """

    words: tuple[Prefixes, ...] = ()
    ids: frozenset[UUID] | None = None
    status: Status | None = None
    sex: Sex | None = None
    email: str | None = None
    phone: str | None = None
    date_of_birth: PartialDate | None = None
    born_after: date | None = None
    born_before: date | None = None
    identifier: Identifier | str | None = None
    external_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    sort: Sort = Sort.NEWEST
    limit: int = DEFAULT_PER_PAGE
    after: PatientCursor | None = None

    @property
    def includes_merged(self) -> bool:
        """Merged records are found by their ids and by their status. Otherwise their survivors are found in place of
        them."""
        return self.ids is not None or self.status is Status.MERGED

    @property
    def filters(self) -> dict[str, object]:
        """What is searched for, without how it is shown."""
        return {name: value for name, value in asdict(self, recurse=False).items() if name not in _SHOWN}

    @classmethod
    def parse(cls, raw: Mapping[str, object], rules: Rules, errors: ErrorCollector | None = None) -> "PatientQuery":
        """Raises `ValidationError` with all errors, those in `errors` and unknown filters included."""
        errors = errors or ErrorCollector()
        parsed: dict[str, object] = {}
        for name, value in raw.items():
            if name not in _PARSERS:
                errors.add(name, "unknown", "Unknown filter.")
                continue
            with errors.field(name):
                parsed["words" if name == "q" else name] = _PARSERS[name](value, rules)
        errors.raise_if_any()
        return cls(**cast("_ParsedFilters", parsed))


@frozen
class PatientPage:
    """In the order of the query. `next` is None on the last page. `count` is None unless requested; if `count_capped`,
    there are more matches."""

    patients: tuple[Patient, ...]
    next: PatientCursor | None
    count: int | None = None
    count_capped: bool = False


class Filters(TypedDict, total=False):
    """The filters as callers write them. `q`: prefixes of name words, a phone number or a part of it, an email, an
    identifier, an external id or a date of birth. A string `identifier` is `system|value`, or a value alone."""

    q: str
    ids: Collection[UUID | str] | str
    status: Status | str
    sex: Sex | str
    email: str
    phone: str
    date_of_birth: PartialDate | date | str
    born_after: date | str
    born_before: date | str
    identifier: Identifier | str
    external_id: str
    created_after: datetime | str
    created_before: datetime | str
    updated_after: datetime | str
    sort: Sort | str
    limit: int
    after: PatientCursor


class _ParsedFilters(TypedDict, total=False):
    words: tuple[Prefixes, ...]
    ids: frozenset[UUID]
    status: Status
    sex: Sex
    email: str
    phone: str
    date_of_birth: PartialDate
    born_after: date
    born_before: date
    identifier: Identifier | str
    external_id: str
    created_after: datetime
    created_before: datetime
    updated_after: datetime
    sort: Sort
    limit: int
    after: PatientCursor


def _parse_query(raw: object, region: str) -> tuple[Prefixes, ...]:
    words = parse_words(parse_str(raw, MAX_QUERY_LENGTH), region)
    if not words:
        raise InvalidValue("blank", "Must not be blank.")
    return words


def _parse_identifier(raw: object) -> Identifier | str:
    if isinstance(raw, Identifier):
        return values.parse_identifier(raw)
    system, bar, value = parse_str(raw).partition("|")
    if not bar:
        return values.parse_identifier_value(raw)
    return values.parse_identifier({"system": system, "value": value})


def _parse_ids(raw: object) -> frozenset[UUID]:
    """From a collection or a comma-separated string."""
    items = [item.strip() for item in raw.split(",", MAX_IDS)] if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple | set | frozenset):
        raise InvalidValue("type", "Must be a list of ids.")
    ids = cast("Collection[object]", items)
    if len(ids) > MAX_IDS:
        raise InvalidValue("too_many", f"Must be at most {MAX_IDS} ids.")
    return frozenset(map(_parse_id, ids))


def _parse_id(raw: object) -> UUID:
    if isinstance(raw, UUID):
        return raw
    if isinstance(raw, str) and _UUID.fullmatch(raw):
        return UUID(raw)
    raise InvalidValue("invalid", "Must be ids, such as 019c13d1-7e40-7000-8000-000000000001.")


def _parse_cursor(raw: object) -> PatientCursor:
    if isinstance(raw, PatientCursor):
        return raw
    raise InvalidValue("type", "Must be the `next` of a page.")


_PARSERS: dict[str, Callable[[object, Rules], object]] = {
    "q": lambda raw, rules: _parse_query(raw, rules.phone_region),
    "ids": lambda raw, _: _parse_ids(raw),
    "status": lambda raw, _: parse_enum(raw, values.Status),
    "sex": lambda raw, _: values.parse_sex(raw),
    "email": lambda raw, _: parse_email(raw),
    "phone": lambda raw, rules: values.parse_phone(raw, rules.phone_region),
    "date_of_birth": lambda raw, _: parse_partial_date(raw),
    "born_after": lambda raw, _: parse_date(raw),
    "born_before": lambda raw, _: parse_date(raw),
    "identifier": lambda raw, _: _parse_identifier(raw),
    "external_id": lambda raw, _: values.parse_external_id(raw),
    "created_after": lambda raw, _: parse_datetime(raw),
    "created_before": lambda raw, _: parse_datetime(raw),
    "updated_after": lambda raw, _: parse_datetime(raw),
    "sort": lambda raw, _: parse_enum(raw, Sort),
    "limit": lambda raw, _: parse_page_limit(raw),
    "after": lambda raw, _: _parse_cursor(raw),
}
