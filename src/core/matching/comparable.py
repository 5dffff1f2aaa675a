"""A person's details in the form that is compared: folded, bounded, and without placeholders.

Computed once per person, however many people the person is compared with.
"""

from collections.abc import Iterable, Set
from functools import cache, cached_property, lru_cache

from attrs import evolve, frozen
from nicknames import NickNamer

from core.matching.comparable_addresses import ComparableAddress, comparable_addresses
from core.matching.details import PersonDetails
from core.matching.placeholders import (
    is_placeholder_date,
    is_placeholder_email,
    is_placeholder_name,
    is_placeholder_number,
    is_placeholder_phone,
)
from core.matching.soundex import soundex
from core.patients.dates import PartialDate
from core.patients.demographics import MAX_ADDRESSES, MAX_OTHER_NAMES, MAX_OTHER_PHONES, Address
from core.patients.folding import words
from core.patients.values import MAX_IDENTIFIERS, MAX_NAME_LENGTH, Identifier, Sex

_MAX_PHONES = MAX_OTHER_PHONES + 1
_MAX_EMAILS = 5
_CACHED_NAMES = 8192  # most names are those of many people
_FIRST_OF_JANUARY = "-01-01"


@frozen(repr=False)
class ComparableName:
    """`text` has no spaces. `full_forms` are the names that this name may be a nickname of, and the name itself."""

    text: str
    words: frozenset[str]
    soundex: str
    full_forms: frozenset[str] = frozenset()


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
    identifiers: frozenset[Identifier]
    raw_addresses: tuple[Address, ...]

    @cached_property
    def addresses(self) -> tuple[ComparableAddress, ...]:
        """Made when they are compared: most pairs are unlikely without them."""
        return comparable_addresses(self.raw_addresses)


def comparable(details: PersonDetails, *, ignored_phones: Set[str] = frozenset()) -> ComparableDetails:
    """`ignored_phones` are numbers in E.164 that belong to no patient, such as the clinic's own."""
    others = details.other_names[:MAX_OTHER_NAMES]
    middle_name = _first_name(details.middle_name)
    return ComparableDetails(
        first_name=_first_name(details.first_name),
        middle_name=middle_name,
        last_name=_name(details.last_name),
        other_first_names=_present([middle_name, *(_first_name(other.first_name) for other in others)]),
        other_last_names=_present(_name(other.last_name) for other in others),
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
        identifiers=_identifiers(details.identifiers[:MAX_IDENTIFIERS]),
        raw_addresses=details.addresses[:MAX_ADDRESSES],
    )


@cache
def _nicknames() -> NickNamer:
    return NickNamer()


@lru_cache(_CACHED_NAMES)
def _name(text: str | None) -> ComparableName | None:
    parts = words((text or "")[:MAX_NAME_LENGTH])
    if is_placeholder_name(parts):
        return None
    joined = "".join(parts)[:MAX_NAME_LENGTH]
    return ComparableName(joined, frozenset(parts), soundex(joined))


@lru_cache(_CACHED_NAMES)
def _first_name(text: str | None) -> ComparableName | None:
    name = _name(text)
    if name is None:
        return None
    return evolve(name, full_forms=frozenset({name.text, *_nicknames().canonicals_of(name.text)}))


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
