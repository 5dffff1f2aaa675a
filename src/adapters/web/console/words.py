"""The record and its changes, as people read them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, cast

import phonenumbers
from dependency_injector.wiring import Provide
from django.utils.timesince import timesince

from core.access import Actor
from core.accounts.use_cases import NameActors
from core.errors import InvalidValue
from core.patients.dates import PartialDate, parse_partial_date
from core.patients.fields import FieldJson
from core.ports import Clock

Names = Annotated[NameActors, Provide["name_actors"]]
TheClock = Annotated[Clock, Provide["clock"]]
LABELS = {
    "first_name": "First name",
    "middle_name": "Middle name",
    "last_name": "Last name",
    "prefix": "Title",
    "suffix": "Suffix",
    "other_names": "Other names",
    "email": "Email",
    "email_shared": "Others may have the same email",
    "phone": "Phone",
    "other_phones": "Other phones",
    "date_of_birth": "Date of birth",
    "date_of_birth_estimated": "Date of birth is an estimate",
    "deceased": "Deceased",
    "sex": "Sex",
    "language": "Language",
    "addresses": "Addresses",
    "contacts": "Contacts",
    "identifiers": "Identifiers",
    "external_id": "External id",
    "status": "Status",
    "merged_into": "Merged into",
}
_DATES = {"date_of_birth", "deceased"}
_CODES = {"sex", "status"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Item = Mapping[str, object]


def in_words(code: object) -> str:
    """`year_and_month` as `Year and month`."""
    return str(code).replace("_", " ").replace("-", " ").capitalize()


def day_in_words(day: PartialDate) -> str:
    """14 Mar 1987, Mar 1987 or 1987."""
    year, *rest = day.iso.split("-")
    month = [_MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([*(str(int(one)) for one in rest[1:]), *month, year])


def age_in_words(age: int | None, day: date, born: PartialDate | None) -> str:
    """Of a child below two years, in months."""
    if age is None or born is None:
        return ""
    if age < 2 and born.is_full:
        months = (day.year - born.earliest.year) * 12 + day.month - born.earliest.month
        return f"{max(months - (day.day < born.earliest.day), 0)} months"
    return f"{age} years"


def span_in_words(since: datetime, now: datetime) -> str:
    """In its largest unit."""
    return timesince(since, now, depth=1) if now - since >= timedelta(minutes=1) else "less than a minute"


def phone_in_words(number: str) -> str:
    """In groups, as it is dialled from abroad; as it was typed, if it is not a full number."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def actors_in_words(actor: Actor, names: set[str], name_actors: NameActors) -> dict[str, str]:
    """The names that `actor` may know of those who acted."""
    known = name_actors(actor=actor, names=names)
    return {name: "you" if name == actor.name else known[name] or _unnamed(name) for name in names}


def _unnamed(name: str) -> str:
    return "a colleague" if name.startswith("user:") else name


def lines_of(name: str, value: FieldJson) -> list[str]:
    """The value of a field, a line for each item of a list; none for an empty value. What was typed may be invalid."""
    if isinstance(value, list):
        return [_ITEMS[name](item) for item in cast("Sequence[Item]", value)]
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    if not value:
        return []
    if name in _DATES:
        return [_date(value)]
    if name == "phone":
        return [phone_in_words(value)]
    return [in_words(value) if name in _CODES else value]


def _date(text: str) -> str:
    try:
        return day_in_words(parse_partial_date(text))
    except InvalidValue:
        return text


def _address(item: Item) -> str:
    town = _joined(" ", item.get("postal_code"), item.get("city"))
    lines = cast("Sequence[str]", item.get("lines") or ())
    parts = _joined(", ", *lines, item.get("district"), town, item.get("state"), item.get("country"))
    return f"{in_words(item.get('use'))}: {parts}"


def _contact(item: Item) -> str:
    phone = phone_in_words(str(item["phone"])) if item.get("phone") else None
    relationship = f"({item['relationship']})" if item.get("relationship") else None
    return _joined(", ", _joined(" ", item.get("name"), relationship), phone, item.get("email"))


def _other_name(item: Item) -> str:
    return f"{in_words(item.get('use'))}: {_joined(' ', item.get('first_name'), item.get('last_name'))}"


def _joined(separator: str, *parts: object) -> str:
    return separator.join(str(part) for part in parts if part)


_ITEMS: dict[str, Callable[[Item], str]] = {
    "other_names": _other_name,
    "other_phones": lambda item: f"{in_words(item.get('use'))}: {phone_in_words(str(item.get('value', '')))}",
    "addresses": _address,
    "contacts": _contact,
    "identifiers": lambda item: _joined(": ", item.get("system"), item.get("value")),
}
