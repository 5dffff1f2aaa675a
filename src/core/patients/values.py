"""The values of a patient and their parsers. See `core.values` for what parsers have in common."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

import phonenumbers
from attrs import frozen

from core.errors import ErrorCollector, InvalidValue
from core.values import parse_enum, parse_single_line, parse_str

MAX_AGE_YEARS = 130
MAX_IDENTIFIERS = 20
MAX_NAME_LENGTH = 100
MAX_PHONE_LENGTH = 50  # as entered
MAX_E164_LENGTH = 16
MAX_EXTERNAL_ID_LENGTH = 200
MAX_IDENTIFIER_SYSTEM_LENGTH = 200
MAX_IDENTIFIER_VALUE_LENGTH = 100
_PHONE = re.compile(r"[\s(\uff08]*[+\uff0b]?[\d\s()./\u002d\u2010-\u2015\u2212\u30fc\uff08\uff09\uff0d-\uff0f]+")
_FRACTION = re.compile(r"[^.]*\.([0-9]{1,2}|0+)\s*")
_DIRECTION_MARKS = dict.fromkeys(
    [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)  # often copied with a number


class Sex(StrEnum):
    """Administrative gender, with the codes of FHIR."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class Status(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    ARCHIVED = "archived"

    def may_become(self, other: "Status") -> bool:
        return other in _ALLOWED_STATUS_CHANGES[self]


_ALLOWED_STATUS_CHANGES = {
    Status.ACTIVE: {Status.INACTIVE},
    Status.INACTIVE: {Status.ACTIVE, Status.ARCHIVED},
    Status.ARCHIVED: {Status.INACTIVE},
}


@frozen(order=True)
class Identifier:
    """A business identifier of the patient: `system` names the issuing authority, `value` is the number."""

    system: str
    value: str


def parse_person_name(raw: object) -> str:
    return parse_single_line(raw, MAX_NAME_LENGTH)


def parse_phone(raw: object, region: str) -> str:
    """In E.164. Without a country code, the number is read as dialled in `region`.

    Accepts only digits and the usual separators: a spreadsheet's `3.1E9` or `4930123456.0` would otherwise become
    another number.
    """
    text = parse_str(raw, MAX_PHONE_LENGTH).translate(_DIRECTION_MARKS)
    number = phonenumbers.PhoneNumber()
    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(text, region)
    if number.extension:
        raise InvalidValue("extension", "Must not contain an extension.")
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    well_formed = _PHONE.fullmatch(text) and not _FRACTION.fullmatch(text) and len(value) <= MAX_E164_LENGTH
    if not well_formed or not phonenumbers.is_valid_number(number):
        hint = "" if "+" in text else f" Without a country code, it is read as dialled in {region}."
        raise InvalidValue("invalid", f"Must be a valid phone number, such as +49 30 123456.{hint}")
    return value


def parse_date(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    raise InvalidValue("invalid", "Must be a date in the form YYYY-MM-DD.")


def parse_date_of_birth(raw: object, today: date) -> date:
    value = parse_date(raw)
    if value > today:
        raise InvalidValue("future", "Must not be in the future.")
    if age_on(today - timedelta(days=1), value) >= MAX_AGE_YEARS:
        raise InvalidValue("too_old", f"Must not be more than {MAX_AGE_YEARS} years ago.")
    return value


def age_on(day: date, born: date) -> int:
    """In whole years. A birthday on 29 February counts on 1 March in common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def parse_sex(raw: object) -> Sex:
    return parse_enum(raw, Sex)


def parse_status(raw: object) -> Status:
    return parse_enum(raw, Status)


def parse_external_id(raw: object) -> str:
    value = parse_single_line(raw, MAX_EXTERNAL_ID_LENGTH)
    if any(c.isspace() for c in value) or value in {".", ".."}:
        raise InvalidValue("characters", "Must not contain spaces or be just dots.")
    return value


def parse_identifier(raw: object) -> Identifier:
    """From an `Identifier` or a mapping with exactly `system` and `value`."""
    if isinstance(raw, Identifier):
        raw = {"system": raw.system, "value": raw.value}
    if not isinstance(raw, Mapping):
        raise InvalidValue("type", "Must be an object with system and value.")
    members = cast("Mapping[object, object]", raw)
    if set(members) != {"system", "value"}:
        raise InvalidValue("members", "Must have system and value, and no other members.")
    errors = ErrorCollector()
    system, value = "", ""
    with errors.field("system"):
        system = parse_single_line(members["system"], MAX_IDENTIFIER_SYSTEM_LENGTH)
        if "|" in system or any(c.isspace() for c in system):
            raise InvalidValue("characters", "Must not contain spaces or a vertical bar.")
    with errors.field("value"):
        value = parse_identifier_value(members["value"])
    errors.raise_if_any()
    return Identifier(system, value)


def parse_identifier_value(raw: object) -> str:
    return parse_single_line(raw, MAX_IDENTIFIER_VALUE_LENGTH)


def parse_identifiers(raw: object) -> tuple[Identifier, ...]:
    """Sorted by system and value: their order has no meaning."""
    if not isinstance(raw, list | tuple):
        raise InvalidValue("type", "Must be a list of identifiers.")
    items = cast("list[object] | tuple[object, ...]", raw)
    if len(items) > MAX_IDENTIFIERS:
        raise InvalidValue("too_long", f"Must have at most {MAX_IDENTIFIERS} identifiers.")
    errors = ErrorCollector()
    identifiers: list[Identifier] = []
    for position, item in enumerate(items):
        with errors.field(str(position)):
            identifiers.append(parse_identifier(item))
    errors.raise_if_any()
    if len(set(identifiers)) != len(identifiers):
        raise InvalidValue("repeated", "Must not contain an identifier twice.")
    return tuple(sorted(identifiers))


def parse_patient_id(raw: object) -> UUID:
    if isinstance(raw, UUID):
        return raw
    raise InvalidValue("type", "Must be a patient id.")
