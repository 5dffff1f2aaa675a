"""A person's details in the form that is compared: folded, bounded, and without placeholders.

Computed once per person, however many people the person is compared with.
"""

from collections.abc import Iterable, Set
from functools import cache

from attrs import frozen
from nicknames import NickNamer

from core.matching.details import PersonDetails
from core.matching.placeholders import (
    is_placeholder_date,
    is_placeholder_email,
    is_placeholder_line,
    is_placeholder_name,
    is_placeholder_number,
    is_placeholder_phone,
)
from core.matching.soundex import soundex
from core.patients.dates import PartialDate
from core.patients.demographics import MAX_ADDRESSES, MAX_OTHER_NAMES, MAX_OTHER_PHONES, Address, OtherName
from core.patients.folding import words
from core.patients.values import MAX_IDENTIFIERS, MAX_NAME_LENGTH, Identifier, Sex

_MAX_PHONES = MAX_OTHER_PHONES + 1
_MAX_EMAILS = 5
_MAX_LINE_LENGTH = 60
_FIRST_OF_JANUARY = "-01-01"
# They say nothing about which street it is.
_STREET_WORDS = frozenset(
    {"av", "ave", "avda", "avenida", "avenue", "calle", "cl", "close", "court", "crescent", "ct", "dr", "drive"}
    | {"jalan", "lane", "ln", "place", "pl", "rd", "road", "rua", "rue", "st", "straat", "str", "strasse", "street"}
    | {"via", "way", "de", "del", "della", "der", "des", "do", "du", "la", "las", "le", "les", "los", "the"}
)


@frozen(repr=False)
class ComparableName:
    """`text` has no spaces. `full_forms` are the names that this name may be a nickname of, and the name itself."""

    text: str
    words: frozenset[str]
    soundex: str
    full_forms: frozenset[str] = frozenset()


@frozen(repr=False)
class ComparableAddress:
    """`streets` holds each line without numbers and general words. `sorted_text` is the whole address."""

    house_numbers: frozenset[str]
    streets: tuple[str, ...]
    postal_code: str
    city: str
    sorted_text: str


@frozen(repr=False, kw_only=True)
class ComparableDetails:
    """`other_first_names` includes the middle name, because many people use it as their first name."""

    first_name: ComparableName | None
    middle_name: ComparableName | None
    last_name: ComparableName | None
    other_first_names: tuple[ComparableName, ...]
    other_last_names: tuple[ComparableName, ...]
    date_of_birth: str | None
    sex: Sex
    phones: frozenset[str]
    emails: frozenset[str]
    addresses: tuple[ComparableAddress, ...]
    identifiers: frozenset[Identifier]


def comparable(details: PersonDetails, *, ignored_phones: Set[str] = frozenset()) -> ComparableDetails:
    """`ignored_phones` are numbers in E.164 that belong to no patient, such as the clinic's own."""
    others = details.other_names[:MAX_OTHER_NAMES]
    middle_name = _first_name(details.middle_name)
    return ComparableDetails(
        first_name=_first_name(details.first_name),
        middle_name=middle_name,
        last_name=_name(details.last_name),
        other_first_names=_present([middle_name, *(_first_name(other.first_name) for other in others)]),
        other_last_names=_last_names(others),
        date_of_birth=_date(details.date_of_birth),
        sex=details.sex,
        phones=frozenset(
            phone
            for phone in details.phones[:_MAX_PHONES]
            if phone not in ignored_phones and not is_placeholder_phone(phone)
        ),
        emails=frozenset(
            email for email in details.emails[:_MAX_EMAILS] if not is_placeholder_email(words(email.partition("@")[0]))
        ),
        addresses=_addresses(details.addresses[:MAX_ADDRESSES]),
        identifiers=_identifiers(details.identifiers[:MAX_IDENTIFIERS]),
    )


@cache
def _nicknames() -> NickNamer:
    return NickNamer()


def _name(text: str | None) -> ComparableName | None:
    parts = words((text or "")[:MAX_NAME_LENGTH])
    if is_placeholder_name(parts):
        return None
    joined = "".join(parts)[:MAX_NAME_LENGTH]
    return ComparableName(joined, frozenset(parts), soundex(joined))


def _first_name(text: str | None) -> ComparableName | None:
    name = _name(text)
    if name is None:
        return None
    full_forms = frozenset({name.text}) | _nicknames().canonicals_of(name.text)
    return ComparableName(name.text, name.words, name.soundex, full_forms)


def _last_names(others: Iterable[OtherName]) -> tuple[ComparableName, ...]:
    return _present(_name(other.last_name) for other in others)


def _present(names: Iterable[ComparableName | None]) -> tuple[ComparableName, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _date(value: PartialDate | None) -> str | None:
    """1 January often stands for an unknown day of the year."""
    if value is None or is_placeholder_date(value.iso):
        return None
    return value.iso.removesuffix(_FIRST_OF_JANUARY)


def _identifiers(identifiers: Iterable[Identifier]) -> frozenset[Identifier]:
    folded = ((identifier.system, words(identifier.value)) for identifier in identifiers)
    return frozenset(Identifier(system, "".join(value)) for system, value in folded if not is_placeholder_number(value))


def _addresses(addresses: Iterable[Address]) -> tuple[ComparableAddress, ...]:
    found = (_address(address) for address in addresses)
    return tuple(dict.fromkeys(address for address in found if address))


def _address(address: Address) -> ComparableAddress | None:
    lines = [words(line[:_MAX_LINE_LENGTH]) for line in address.lines]
    lines = [line for line in lines if not is_placeholder_line(line)]
    city, postal_code = words((address.city or "")[:_MAX_LINE_LENGTH]), words(address.postal_code or "")
    city = [] if is_placeholder_line(city) else city
    postal_code = [] if is_placeholder_number(postal_code) else postal_code
    if not lines and not city and not postal_code:
        return None
    tokens = [word for line in lines for word in line]
    streets = ("".join(w for w in line if w not in _STREET_WORDS and not _has_digit(w)) for line in lines)
    return ComparableAddress(
        house_numbers=frozenset(filter(_has_digit, tokens)),
        streets=tuple(street for street in streets if street),
        postal_code="".join(postal_code),
        city="".join(city),
        sorted_text=" ".join(sorted([*tokens, *city, *postal_code])),
    )


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)
