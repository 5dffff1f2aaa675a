"""The fields of a patient that callers set, and their parsers."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypedDict

from attrs import frozen

from core.errors import ErrorCollector
from core.patients import demographics, values
from core.patients.dates import PartialDate, parse_deceased, parse_past_date
from core.patients.demographics import Address, Contact, OtherName, OtherPhone
from core.patients.identifier_systems import IdentifierSystems
from core.patients.values import Identifier, Sex, Status
from core.values import parse_bool, parse_email, parse_list, parse_optional

FieldJson = str | bool | list[dict[str, object]] | None
Item = Mapping[str, object]


@frozen
class Rules:
    """Context that the parsers need. `phone_region` is a two-letter country code."""

    today: date
    phone_region: str
    identifier_systems: IdentifierSystems = IdentifierSystems()


class Changes(TypedDict, total=False):
    """The fields that callers can set. A partial date of birth is `YYYY-MM` or `YYYY`. Lists replace the former list;
    their items are objects of the classes named or mappings with the same members."""

    first_name: str | None
    middle_name: str | None
    last_name: str | None
    prefix: str | None
    suffix: str | None
    other_names: list[OtherName | Item] | tuple[OtherName, ...]
    email: str | None
    email_shared: bool
    phone: str | None
    other_phones: list[OtherPhone | Item] | tuple[OtherPhone, ...]
    date_of_birth: PartialDate | date | str | None
    date_of_birth_estimated: bool
    deceased: bool | PartialDate | date | str
    sex: Sex | str
    language: str | None
    addresses: list[Address | Item] | tuple[Address, ...]
    contacts: list[Contact | Item] | tuple[Contact, ...]
    identifiers: list[Identifier | Item] | list[Identifier] | tuple[Identifier, ...]
    external_id: str | None
    status: Status | str


Registration = Changes
"""A registration may set any field, and must set `first_name` or `last_name`."""

Parser = Callable[[object, Rules], object]


def _optional(parse: Callable[[object], object]) -> Parser:
    parse_or_none = parse_optional(parse)
    return lambda raw, _: parse_or_none(raw)


PARSERS: dict[str, Parser] = {
    "first_name": _optional(values.parse_person_name),
    "middle_name": _optional(values.parse_person_name),
    "last_name": _optional(values.parse_person_name),
    "prefix": _optional(demographics.parse_affix),
    "suffix": _optional(demographics.parse_affix),
    "other_names": lambda raw, _: parse_list(raw, demographics.parse_other_name, demographics.MAX_OTHER_NAMES),
    "email": _optional(parse_email),
    "email_shared": lambda raw, _: parse_bool(raw),
    "phone": lambda raw, rules: None if raw is None else values.parse_phone(raw, rules.phone_region),
    "other_phones": lambda raw, rules: parse_list(
        raw, lambda item: demographics.parse_other_phone(item, rules.phone_region), demographics.MAX_OTHER_PHONES
    ),
    "date_of_birth": lambda raw, rules: None if raw is None else parse_past_date(raw, rules.today),
    "date_of_birth_estimated": lambda raw, _: parse_bool(raw),
    "deceased": lambda raw, rules: parse_deceased(raw, rules.today),
    "sex": lambda raw, _: values.parse_sex(raw),
    "language": _optional(demographics.parse_language),
    "addresses": lambda raw, _: parse_list(raw, demographics.parse_address, demographics.MAX_ADDRESSES),
    "contacts": lambda raw, rules: parse_list(
        raw, lambda item: demographics.parse_contact(item, rules.phone_region), demographics.MAX_CONTACTS
    ),
    "identifiers": lambda raw, rules: values.parse_identifiers(raw, rules.identifier_systems.ensure_valid),
    "external_id": _optional(values.parse_external_id),
    "status": lambda raw, _: values.parse_status(raw),
}
SETTABLE = tuple(PARSERS)
NAMES = ("first_name", "last_name")
LISTS = ("other_names", "other_phones", "addresses", "contacts", "identifiers")


def parse(raw: Mapping[str, object], rules: Rules, errors: ErrorCollector | None = None) -> dict[str, object]:
    """Parses the settable fields. Raises `ValidationError` with all errors, those in `errors` included."""
    errors = errors or ErrorCollector()
    parsed: dict[str, object] = {}
    for name, value in raw.items():
        if name not in PARSERS:
            errors.add(name, "unknown", "Unknown field.")
            continue
        with errors.field(name):
            parsed[name] = PARSERS[name](value, rules)
    errors.raise_if_any()
    return parsed
