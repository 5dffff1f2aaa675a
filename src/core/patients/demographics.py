"""Values that a person can have several of: names, phone numbers, addresses and contacts. Each parser
takes a mapping, or an object of its class."""

import re
from enum import StrEnum

import phonenumbers
from attrs import frozen
from langcodes import Language, tag_is_valid

from core.errors import InvalidValue
from core.patients.values import MAX_NAME_LENGTH, parse_person_name, parse_phone
from core.values import parse_email, parse_enum, parse_list, parse_object, parse_optional, parse_single_line, parse_str

MAX_OTHER_NAMES = 10
MAX_OTHER_PHONES = 10
MAX_ADDRESSES = 10
MAX_CONTACTS = 10
MAX_ADDRESS_LINES = 4
MAX_ADDRESS_LENGTH = 100  # of each line and member
MAX_POSTAL_CODE_LENGTH = 20
MAX_RELATIONSHIP_LENGTH = 50
MAX_LANGUAGE_LENGTH = 35  # RFC 5646, section 4.4.1
MAX_AFFIX_LENGTH = 50
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*")


class NameUse(StrEnum):
    MAIDEN = "maiden"
    FORMER = "former"
    NICKNAME = "nickname"
    ALIAS = "alias"


class PhoneUse(StrEnum):
    HOME = "home"
    MOBILE = "mobile"
    WORK = "work"
    OLD = "old"


class AddressUse(StrEnum):
    HOME = "home"
    WORK = "work"
    TEMPORARY = "temporary"
    OLD = "old"


@frozen(kw_only=True)
class OtherName:
    """At least one of the names is present."""

    use: NameUse
    first_name: str | None = None
    last_name: str | None = None


@frozen(kw_only=True)
class OtherPhone:
    """`value` is in E.164."""

    use: PhoneUse
    value: str


@frozen(kw_only=True)
class Address:
    """At least one part besides `use` is present. `country` is an ISO 3166 code of two letters."""

    use: AddressUse = AddressUse.HOME
    lines: tuple[str, ...] = ()
    city: str | None = None
    district: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@frozen(kw_only=True)
class Contact:
    """The next of kin, or another person to reach."""

    relationship: str
    name: str
    phone: str | None = None
    email: str | None = None


def parse_other_name(raw: object) -> OtherName:
    name = parse_object(
        raw,
        OtherName,
        use=lambda value: parse_enum(value, NameUse),
        first_name=parse_optional(parse_person_name),
        last_name=parse_optional(parse_person_name),
    )
    if name.first_name is None and name.last_name is None:
        raise InvalidValue("required", "Must have first_name or last_name.")
    return name


def parse_other_phone(raw: object, region: str) -> OtherPhone:
    return parse_object(
        raw,
        OtherPhone,
        use=lambda value: parse_enum(value, PhoneUse),
        value=lambda value: parse_phone(value, region),
    )


def parse_address(raw: object) -> Address:
    part = parse_optional(lambda value: parse_single_line(value, MAX_ADDRESS_LENGTH))
    address = parse_object(
        raw,
        Address,
        use=lambda value: AddressUse.HOME if value is None else parse_enum(value, AddressUse),
        lines=_parse_lines,
        city=part,
        district=part,
        state=part,
        postal_code=parse_optional(lambda value: parse_single_line(value, MAX_POSTAL_CODE_LENGTH)),
        country=parse_optional(parse_country),
    )
    if address == Address(use=address.use):
        raise InvalidValue("required", "Must have at least one part besides use.")
    return address


def parse_contact(raw: object, region: str) -> Contact:
    return parse_object(
        raw,
        Contact,
        relationship=lambda value: parse_single_line(value, MAX_RELATIONSHIP_LENGTH),
        name=lambda value: parse_single_line(value, 2 * MAX_NAME_LENGTH),
        phone=parse_optional(lambda value: parse_phone(value, region)),
        email=parse_optional(parse_email),
    )


def parse_country(raw: object) -> str:
    value = parse_str(raw, 2).upper()
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidValue("invalid", "Must be a country code of two letters (ISO 3166), such as DE.")
    return value


def parse_language(raw: object) -> str:
    """A language tag of BCP 47, in its standard form: `pt_br` becomes `pt-BR`."""
    tag = parse_str(raw, MAX_LANGUAGE_LENGTH).strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag) or not tag_is_valid(tag):
        raise InvalidValue("invalid", "Must be a language tag (BCP 47), such as en or pt-BR.")
    return Language.get(tag).to_tag()


def parse_affix(raw: object) -> str:
    """What stands before or after a name: a title, or a generation such as Jr."""
    return parse_single_line(raw, MAX_AFFIX_LENGTH)


def _parse_lines(raw: object) -> tuple[str, ...]:
    if raw is None:
        return ()
    return parse_list(raw, lambda line: parse_single_line(line, MAX_ADDRESS_LENGTH), MAX_ADDRESS_LINES)
