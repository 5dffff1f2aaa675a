"""The record and its changes, as people read them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, cast

import phonenumbers
from dependency_injector.wiring import Provide
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from adapters.web.core_texts import in_words
from adapters.web.formats import day_text, isolated, listed, month_text
from core.access import Actor
from core.accounts.use_cases import NameActors
from core.errors import InvalidValue
from core.patients.dates import PartialDate, parse_partial_date
from core.patients.fields import FieldJson
from core.ports import Clock

Names = Annotated[NameActors, Provide["name_actors"]]
TheClock = Annotated[Clock, Provide["clock"]]
LABELS: dict[str, str | Promise] = {
    "first_name": gettext_lazy("First name"),
    "middle_name": gettext_lazy("Middle name"),
    "last_name": gettext_lazy("Last name"),
    "prefix": pgettext_lazy("of a person", "Title"),
    "suffix": gettext_lazy("Suffix"),
    "other_names": gettext_lazy("Other names"),
    "email": gettext_lazy("Email"),
    "email_shared": gettext_lazy("Others may have the same email"),
    "phone": gettext_lazy("Phone"),
    "other_phones": gettext_lazy("Other phones"),
    "date_of_birth": gettext_lazy("Date of birth"),
    "date_of_birth_estimated": gettext_lazy("Date of birth is an estimate"),
    "deceased": gettext_lazy("Deceased"),
    "sex": gettext_lazy("Sex"),
    "language": gettext_lazy("Language"),
    "addresses": gettext_lazy("Addresses"),
    "contacts": gettext_lazy("Contacts"),
    "identifiers": gettext_lazy("Identifiers"),
    "external_id": gettext_lazy("External id"),
    "status": gettext_lazy("Status"),
    "merged_into": gettext_lazy("Merged into"),
}
_DATES = {"date_of_birth", "deceased"}
_CODES = {"sex", "status"}
Item = Mapping[str, object]


def label(name: str) -> str:
    return str(LABELS.get(name, name))


def day_in_words(day: PartialDate) -> str:
    """14 Mar 1987, Mar 1987 or 1987."""
    if day.is_full:
        return day_text(day.earliest)
    return month_text(day.earliest) if "-" in day.iso else day.iso


def age_in_words(age: int | None, day: date, born: PartialDate | None) -> str:
    """Of a child below two years, in months."""
    if age is None or born is None:
        return ""
    if age < 2 and born.is_full:
        months = (day.year - born.earliest.year) * 12 + day.month - born.earliest.month
        full = max(months - (day.day < born.earliest.day), 0)
        return ngettext("%(count)s month", "%(count)s months", full) % {"count": full}
    return ngettext("%(count)s year", "%(count)s years", age) % {"count": age}


def span_in_words(since: datetime, now: datetime) -> str:
    """In its largest unit."""
    return timesince(since, now, depth=1) if now - since >= timedelta(minutes=1) else _("less than a minute")


def phone_in_words(number: str) -> str:
    """In groups, as it is dialled from abroad; as it was typed, if it is not a full number."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return isolated(number)
    return isolated(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def actors_in_words(actor: Actor, names: set[str], name_actors: NameActors) -> dict[str, str]:
    """The names that `actor` may know of those who acted."""
    known = name_actors(actor=actor, names=names)
    return {name: _("you") if name == actor.name else known[name] or _unnamed(name) for name in names}


def _unnamed(name: str) -> str:
    return _("a colleague") if name.startswith("user:") else name


def lines_of(name: str, value: FieldJson) -> list[str]:
    """The value of a field, a line for each item of a list; none for an empty value. What was typed may be invalid."""
    if isinstance(value, list):
        return [_ITEMS[name](item) for item in cast("Sequence[Item]", value)]
    if isinstance(value, bool):
        return [_("Yes") if value else _("No")]
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
    parts = _listed(*lines, item.get("district"), town, item.get("state"), item.get("country"))
    return f"{in_words(item.get('use'))}: {parts}"


def _contact(item: Item) -> str:
    phone = phone_in_words(str(item["phone"])) if item.get("phone") else None
    relationship = f"({item['relationship']})" if item.get("relationship") else None
    return _listed(_joined(" ", item.get("name"), relationship), phone, item.get("email"))


def _other_name(item: Item) -> str:
    return f"{in_words(item.get('use'))}: {_joined(' ', item.get('first_name'), item.get('last_name'))}"


def _listed(*parts: object) -> str:
    return listed(str(part) for part in parts if part)


def _joined(separator: str, *parts: object) -> str:
    return separator.join(str(part) for part in parts if part)


_ITEMS: dict[str, Callable[[Item], str]] = {
    "other_names": _other_name,
    "other_phones": lambda item: f"{in_words(item.get('use'))}: {phone_in_words(str(item.get('value', '')))}",
    "addresses": _address,
    "contacts": _contact,
    "identifiers": lambda item: isolated(_joined(": ", item.get("system"), item.get("value"))),
}
