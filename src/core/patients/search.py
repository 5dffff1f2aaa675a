"""What patients can be searched by."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict, cast
from uuid import UUID

from attrs import frozen

from core.errors import ErrorCollector, InvalidValue
from core.patients import values
from core.patients.entities import Patient, Rules
from core.patients.search_terms import Prefixes, parse_words
from core.patients.values import Identifier, Sex, Status
from core.values import DEFAULT_PER_PAGE, parse_datetime, parse_email, parse_enum, parse_page_limit, parse_str

MAX_COUNT = 10_000
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_QUERY_LENGTH = 250  # more than any full name
MAX_IDS = 200


class Sort(StrEnum):
    """What the first page begins with: the least, or with a minus the greatest. Names are ordered by last name."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    NAME = "name"
    NAME_DESCENDING = "-name"
    BIRTH = "date_of_birth"
    BIRTH_DESCENDING = "-date_of_birth"
    UPDATED = "updated_at"
    UPDATED_DESCENDING = "-updated_at"

    @property
    def by(self) -> str:
        return self.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.startswith("-")


@frozen
class PatientCursor:
    """Where a page ended: a patient, as it was then. It holds no value of the patient, to be shown in addresses."""

    id: UUID
    version: int

    @classmethod
    def of(cls, patient: Patient) -> "PatientCursor":
        return cls(patient.id, patient.version)


@frozen(kw_only=True, repr=False)
class PatientQuery:
    """All of the filters hold for a patient that is found; None filters nothing.

    `words`: of each, one of the prefixes begins one of the patient's search terms. The instants and days given as
    `…_after` and `…_before` are excluded. An `identifier` that is a text is a value in any system. `after` is where
    the page before ended.
    """

    words: tuple[Prefixes, ...] = ()
    ids: frozenset[UUID] | None = None
    status: Status | None = None
    sex: Sex | None = None
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
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

    @classmethod
    def parse(cls, raw: Mapping[str, object], rules: Rules, errors: ErrorCollector | None = None) -> "PatientQuery":
        """Raises `ValidationError` with all of `errors` and every other there is, unknown filters included."""
        errors = errors or ErrorCollector()
        parsed: dict[str, object] = {}
        for name, value in raw.items():
            if name not in _PARSERS:
                errors.add(name, "unknown", "Unknown filter.")
                continue
            with errors.field(name):
                parsed["words" if name == "q" else name] = _PARSERS[name](value, rules)
        errors.raise_if_any()
        return cls(**cast("_Filters", parsed))


@frozen
class PatientPage:
    """In the order of the query. `next` is where to go on, or None at the end. `count` is None unless it was asked for;
    when `count_capped`, there are more."""

    patients: tuple[Patient, ...]
    next: PatientCursor | None
    count: int | None = None
    count_capped: bool = False


class Filters(TypedDict, total=False):
    """The filters as a caller gives them. `q`: beginnings of words of the name, a phone number or a part of it, an
    email, an identifier, an external id or a date of birth. `identifier` as text: system|value, or a value alone."""

    q: str
    ids: Collection[UUID | str] | str
    status: Status | str
    sex: Sex | str
    email: str
    phone: str
    date_of_birth: date | str
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


class _Filters(TypedDict, total=False):
    words: tuple[Prefixes, ...]
    ids: frozenset[UUID]
    status: Status
    sex: Sex
    email: str
    phone: str
    date_of_birth: date
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


def _words(raw: object, region: str) -> tuple[Prefixes, ...]:
    words = parse_words(parse_str(raw, MAX_QUERY_LENGTH), region)
    if not words:
        raise InvalidValue("blank", "Must not be blank.")
    return words


def _identifier(raw: object) -> Identifier | str:
    if isinstance(raw, Identifier):
        return values.parse_identifier(raw)
    system, bar, value = parse_str(raw).partition("|")
    if not bar:
        return values.parse_identifier_value(raw)
    return values.parse_identifier({"system": system, "value": value})


def _ids(raw: object) -> frozenset[UUID]:
    """From a list, or a text in which commas stand between."""
    given = [one.strip() for one in raw.split(",", MAX_IDS)] if isinstance(raw, str) else raw
    if not isinstance(given, list | tuple | set | frozenset):
        raise InvalidValue("type", "Must be a list of ids.")
    ids = cast("Collection[object]", given)
    if len(ids) > MAX_IDS:
        raise InvalidValue("too_many", f"Must be at most {MAX_IDS} ids.")
    return frozenset(map(_id, ids))


def _id(raw: object) -> UUID:
    if isinstance(raw, UUID):
        return raw
    if isinstance(raw, str) and _UUID.fullmatch(raw):
        return UUID(raw)
    raise InvalidValue("invalid", "Must be ids, such as 019c13d1-7e40-7000-8000-000000000001.")


def _cursor(raw: object) -> PatientCursor:
    if isinstance(raw, PatientCursor):
        return raw
    raise InvalidValue("type", "Must be the `next` of a page.")


_PARSERS: dict[str, Callable[[object, Rules], object]] = {
    "q": lambda raw, rules: _words(raw, rules.phone_region),
    "ids": lambda raw, _: _ids(raw),
    "status": lambda raw, _: values.parse_status(raw),
    "sex": lambda raw, _: values.parse_sex(raw),
    "email": lambda raw, _: parse_email(raw),
    "phone": lambda raw, rules: values.parse_phone(raw, rules.phone_region),
    "date_of_birth": lambda raw, _: values.parse_date(raw),
    "born_after": lambda raw, _: values.parse_date(raw),
    "born_before": lambda raw, _: values.parse_date(raw),
    "identifier": lambda raw, _: _identifier(raw),
    "external_id": lambda raw, _: values.parse_external_id(raw),
    "created_after": lambda raw, _: parse_datetime(raw),
    "created_before": lambda raw, _: parse_datetime(raw),
    "updated_after": lambda raw, _: parse_datetime(raw),
    "sort": lambda raw, _: parse_enum(raw, Sort),
    "limit": lambda raw, _: parse_page_limit(raw),
    "after": lambda raw, _: _cursor(raw),
}
