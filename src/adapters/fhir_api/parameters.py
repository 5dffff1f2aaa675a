"""The search parameters of FHIR."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial

from django.http import QueryDict

from adapters.fhir_api.codes import EXTERNAL_ID
from adapters.fhir_api.search import Search
from adapters.http_api.rest.cursors import parse_record_cursor
from core.errors import ErrorCollector, InvalidValue
from core.patients.dates import parse_partial_date
from core.patients.entities import Patient
from core.patients.folding import words
from core.patients.search import PatientCursor, Sort
from core.patients.values import Status
from core.values import MAX_PER_PAGE, parse_datetime

FORMAT = ("_format", "_pretty")
_IGNORED = {*FORMAT, "_totalMethod"}  # fhirpy sends it, with a count of 0
SORTS = {
    "family": Sort.NAME,
    "name": Sort.NAME,
    "birthdate": Sort.BIRTH,
    "_lastUpdated": Sort.UPDATED,
    "-family": Sort.NAME_DESCENDING,
    "-name": Sort.NAME_DESCENDING,
    "-birthdate": Sort.BIRTH_DESCENDING,
    "-_lastUpdated": Sort.UPDATED_DESCENDING,
}
_PREFIXED = re.compile("(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)")
_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)


def read_search(query: QueryDict, *, lenient: bool = False) -> Search:
    """Raises `ValidationError` for values that are not valid, for modifiers, and for parameters that are not supported,
    unless `lenient`."""
    search, errors = Search(), ErrorCollector()
    for name, values in query.lists():
        base, colon, _ = name.partition(":")
        reader = READERS.get(base)
        if colon and base in READERS:
            errors.add(name, "modifier", "Modifiers are not supported: no index carries them.")
        elif reader:
            for value in values:
                with errors.field(name):
                    reader(search, value)
        elif name not in _IGNORED and not lenient:
            errors.add(name, "unknown", "This search parameter is not supported.")
    if search.keeps and search.summary:
        errors.add("_summary", "unsupported-value", "Patients found by name are not counted.")
    errors.raise_if_any()
    if search.words:
        search.filters["q"] = " ".join(search.words)
    search.filters["limit"] = max(1, search.count)
    return search


def _filter(name: str) -> Callable[[Search, str], None]:
    return lambda search, value: search.set(name, value)


def _part_of_name(names: Callable[[Patient], list[str | None]], search: Search, value: str) -> None:
    wanted = words(value)
    if not wanted:
        raise InvalidValue("blank", "Must have a letter or a digit.")
    search.words.append(value)
    search.keeps.append(lambda patient: all(any(_begins(name, word) for name in names(patient)) for word in wanted))


def _begins(name: str | None, word: str) -> bool:
    return any(part.startswith(word) for part in words(name or ""))


def _family_names(patient: Patient) -> list[str | None]:
    return [patient.last_name, *(other.last_name for other in patient.other_names)]


def _given_names(patient: Patient) -> list[str | None]:
    return [patient.first_name, patient.middle_name, *(other.first_name for other in patient.other_names)]


def _identifier(search: Search, value: str) -> None:
    system, bar, number = value.partition("|")
    if system == EXTERNAL_ID:
        search.set("external_id", number)
    elif bar and not system:
        raise InvalidValue("unsupported-value", "Must be system|value, or a value in any system.")
    else:
        search.set("identifier", value)


def _telecom(search: Search, value: str) -> None:
    search.set("email" if "@" in value else "phone", value)


def _active(search: Search, value: str) -> None:
    if value != "true":
        raise InvalidValue("unsupported-value", "Must be true: records that are not active are not listed together.")
    search.set("status", Status.ACTIVE)


def _split(value: str) -> tuple[str, str]:
    """The comparison and the value."""
    found = _PREFIXED.fullmatch(value)
    return (found[1] or "eq", found[2]) if found else ("eq", value)


def _birth_date(search: Search, value: str) -> None:
    comparison, text = _split(value)
    given = parse_partial_date(text)
    if comparison == "eq":
        search.set("date_of_birth", text)
    elif comparison in {"gt", "sa", "ge"}:
        search.set("born_after", given.latest if comparison != "ge" else _moved(given.earliest, -_DAY))
    elif comparison in {"lt", "eb", "le"}:
        search.set("born_before", given.earliest if comparison != "le" else _moved(given.latest, _DAY))
    else:
        raise InvalidValue("unsupported-value", "Must begin with eq, gt, ge, lt or le, or with the date itself.")


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def _last_updated(search: Search, value: str) -> None:
    comparison, text = _split(value)
    if comparison not in {"gt", "sa", "ge"}:
        raise InvalidValue("unsupported-value", "Must begin with gt or ge.")
    instant = parse_datetime(text if "T" in text else f"{text}T00:00:00Z")
    search.set("updated_after", instant if comparison != "ge" else _before(instant))


def _before(instant: datetime) -> datetime:
    try:
        return instant - _TICK
    except OverflowError:
        return instant


def parse_count(raw: object) -> int:
    """At most `MAX_PER_PAGE`. Raises `InvalidValue`."""
    if not isinstance(raw, str) or not re.fullmatch("[0-9]{1,6}", raw):
        raise InvalidValue("invalid", "Must be a whole number.")
    return min(int(raw), MAX_PER_PAGE)


def _count(search: Search, value: str) -> None:
    search.count = parse_count(value)
    search.summary = search.summary or search.count == 0


def _sort(search: Search, value: str) -> None:
    if value not in SORTS:
        raise InvalidValue("choice", f"Must be one of: {', '.join(SORTS)}.")
    search.set("sort", SORTS[value])


def _total(search: Search, value: str) -> None:
    if value not in {"none", "accurate", "estimate"}:
        raise InvalidValue("choice", "Must be one of: none, estimate, accurate.")
    search.total = value != "none"


def _summary(search: Search, value: str) -> None:
    if value not in {"count", "false"}:
        raise InvalidValue("choice", "Must be one of: count, false.")
    search.summary = value == "count"


def _cursor(search: Search, value: str) -> None:
    search.set("after", PatientCursor(*parse_record_cursor(value)))


def _names(patient: Patient) -> list[str | None]:
    return _family_names(patient) + _given_names(patient)


READERS: Mapping[str, Callable[[Search, str], None]] = {
    "_id": _filter("ids"),
    "identifier": _identifier,
    "name": partial(_part_of_name, _names),
    "family": partial(_part_of_name, _family_names),
    "given": partial(_part_of_name, _given_names),
    "birthdate": _birth_date,
    "gender": _filter("sex"),
    "phone": _filter("phone"),
    "email": _filter("email"),
    "telecom": _telecom,
    "active": _active,
    "_lastUpdated": _last_updated,
    "_count": _count,
    "_sort": _sort,
    "_total": _total,
    "_summary": _summary,
    "_cursor": _cursor,
}
