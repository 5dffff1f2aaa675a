"""Keys by which likely duplicates are found: two people are compared only if they share a key.

Keys are unsalted digests of personal data, so protect them like the data.
"""

from collections.abc import Iterator
from enum import StrEnum
from hashlib import blake2b

from attrs import frozen

from core.matching.comparable import ComparableDetails, ComparableName, comparable
from core.matching.comparable_addresses import ComparableAddress
from core.matching.details import PersonDetails
from core.patients.entities import Patient

MAX_BLOCKING_KEYS = 64
DIGEST_SIZE = 8  # bytes
_STREET_PREFIX = 5
_STREET_PREFIX_WITH_POSTAL_CODE = 6
_MIN_STREET_LENGTH = 3
_FULL_DATE_LENGTH = len("YYYY-MM-DD")


class KeyKind(StrEnum):
    IDENTIFIER = "identifier"
    EMAIL = "email"
    PHONE = "phone"
    NAME_AND_BIRTH_DATE = "name_and_birth_date"
    NAMES = "names"
    NAME_AND_POSTAL_CODE = "name_and_postal_code"
    STREET_AND_POSTAL_CODE = "street_and_postal_code"
    HOUSE = "house"


@frozen
class BlockingKey:
    kind: KeyKind
    digest: bytes


def blocking_keys(details: ComparableDetails) -> tuple[BlockingKey, ...]:
    """At most `MAX_BLOCKING_KEYS`, without duplicates, the most selective kinds first."""
    keys: dict[BlockingKey, None] = {}
    for kind, parts in _key_parts(details):
        keys[_key(kind, parts)] = None
        if len(keys) == MAX_BLOCKING_KEYS:
            break
    return tuple(keys)


def digests_of(patient: Patient) -> frozenset[bytes]:
    """The digests of the patient's blocking keys, for the store."""
    return frozenset(key.digest for key in blocking_keys(comparable(PersonDetails.of(patient))))


def _key(kind: KeyKind, parts: tuple[str, ...]) -> BlockingKey:
    text = "\0".join((kind, *parts)).encode()
    return BlockingKey(kind, blake2b(text, digest_size=DIGEST_SIZE).digest())


def _key_parts(details: ComparableDetails) -> Iterator[tuple[KeyKind, tuple[str, ...]]]:
    for identifier in sorted(details.identifiers):
        yield KeyKind.IDENTIFIER, (identifier.system, identifier.value)
    for email in sorted(details.emails):
        yield KeyKind.EMAIL, (email,)
    for phone in sorted(details.phones):
        yield KeyKind.PHONE, (phone,)
    if details.date_of_birth is not None and len(details.date_of_birth) == _FULL_DATE_LENGTH:
        for initial in _initials(details):
            yield KeyKind.NAME_AND_BIRTH_DATE, (initial, details.date_of_birth)
    for names in _full_names(details):
        yield KeyKind.NAMES, names
    for address in details.addresses:
        yield from _address_key_parts(details, address)


def _full_names(details: ComparableDetails) -> Iterator[tuple[str, ...]]:
    """Both names in either order: sorted."""
    firsts = _distinct(details.first_name, details.other_first_names)
    lasts = _distinct(details.last_name, details.other_last_names)
    pairs = [(first, last) for first in firsts[:1] for last in lasts]
    pairs += [(first, last) for first in firsts[1:] for last in lasts[:1]]
    for first, last in pairs:
        if min(len(first.text), len(last.text)) > 1:
            yield tuple(sorted((first.text, last.text)))


def _initials(details: ComparableDetails) -> list[str]:
    names = (details.first_name, details.last_name, *details.other_first_names, *details.other_last_names)
    return sorted({name.text[0] for name in names if name})


def _address_key_parts(
    details: ComparableDetails, address: ComparableAddress
) -> Iterator[tuple[KeyKind, tuple[str, ...]]]:
    sorted_code = "".join(sorted(address.postal_code))  # so that transposed digits do not matter
    streets = [street for street in address.streets if len(street) >= _MIN_STREET_LENGTH]
    if sorted_code:
        for name in sorted(_sounds(details)):
            yield KeyKind.NAME_AND_POSTAL_CODE, (*name, sorted_code)
        for street in streets:
            yield KeyKind.STREET_AND_POSTAL_CODE, (street[:_STREET_PREFIX_WITH_POSTAL_CODE], address.postal_code)
    for street in streets:
        for number in sorted(address.house_numbers):
            yield KeyKind.HOUSE, (number, street[:_STREET_PREFIX])


def _sounds(details: ComparableDetails) -> set[tuple[str, str]]:
    """The sound of each of the two names with the first letter of the other one, the same if they are swapped."""
    first, last = details.first_name, details.last_name
    pairs = ((first, last), (last, first))
    return {(name.soundex, other.text[0] if other else "") for name, other in pairs if name and name.soundex}


def _distinct(name: ComparableName | None, others: tuple[ComparableName, ...]) -> list[ComparableName]:
    return list(dict.fromkeys(known for known in (name, *others) if known))
