"""The values of a patient and their parsers. See `core.values` for what parsers have in common."""

import re
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from uuid import UUID

import phonenumbers
from attrs import frozen

from core.errors import InvalidValue
from core.values import parse_enum, parse_list, parse_object, parse_single_line, parse_str

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
    MERGED = "merged"

    def may_become(self, other: "Status") -> bool:
        return other in _ALLOWED_STATUS_CHANGES.get(self, ())


_ALLOWED_STATUS_CHANGES = {
    Status.ACTIVE: {Status.INACTIVE},
    Status.INACTIVE: {Status.ACTIVE, Status.ARCHIVED},
    Status.ARCHIVED: {Status.INACTIVE},
}
SETTABLE_STATUSES = tuple(_ALLOWED_STATUS_CHANGES)


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


def parse_sex(raw: object) -> Sex:
    return parse_enum(raw, Sex)


def parse_status(raw: object) -> Status:
    """A status that callers can set."""
    status = parse_enum(raw, Status)
    if status not in SETTABLE_STATUSES:
        raise InvalidValue("choice", f"Must be one of: {', '.join(SETTABLE_STATUSES)}.")
    return status


def parse_external_id(raw: object) -> str:
    value = parse_single_line(raw, MAX_EXTERNAL_ID_LENGTH)
    if any(c.isspace() for c in value) or value in {".", ".."}:
        raise InvalidValue("characters", "Must not contain spaces or be just dots.")
    return value


def parse_identifier(raw: object) -> Identifier:
    """From an `Identifier` or a mapping with exactly `system` and `value`."""
    return parse_object(raw, Identifier, system=_parse_identifier_system, value=parse_identifier_value)


def _parse_identifier_system(raw: object) -> str:
    system = parse_single_line(raw, MAX_IDENTIFIER_SYSTEM_LENGTH)
    if "|" in system or any(c.isspace() for c in system):
        raise InvalidValue("characters", "Must not contain spaces or a vertical bar.")
    return system


def parse_identifier_value(raw: object) -> str:
    return parse_single_line(raw, MAX_IDENTIFIER_VALUE_LENGTH)


def parse_identifiers(
    raw: object, ensure_valid: Callable[[Identifier], None] = lambda _: None
) -> tuple[Identifier, ...]:
    """Sorted by system and value: their order has no meaning. `ensure_valid` raises `InvalidValue`."""

    def parse_valid(item: object) -> Identifier:
        identifier = parse_identifier(item)
        ensure_valid(identifier)
        return identifier

    identifiers = parse_list(raw, parse_valid, MAX_IDENTIFIERS)
    if len(set(identifiers)) != len(identifiers):
        raise InvalidValue("repeated", "Must not contain an identifier twice.")
    return tuple(sorted(identifiers))


def parse_patient_id(raw: object) -> UUID:
    if isinstance(raw, UUID):
        return raw
    raise InvalidValue("type", "Must be a patient id.")
