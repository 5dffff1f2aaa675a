"""Addresses in the form that is compared."""

from collections.abc import Iterable

from attrs import frozen

from core.matching.placeholders import is_placeholder_line, is_placeholder_number
from core.patients.demographics import Address
from core.patients.folding import words

_MAX_LINE_LENGTH = 60
# They say nothing about which street it is.
_GENERAL_WORDS = frozenset(
    {"av", "ave", "avda", "avenida", "avenue", "calle", "cl", "close", "court", "crescent", "ct", "dr", "drive"}
    | {"jalan", "lane", "ln", "place", "pl", "rd", "road", "rua", "rue", "st", "straat", "str", "strasse", "street"}
    | {"via", "way", "de", "del", "della", "der", "des", "do", "du", "la", "las", "le", "les", "los", "the"}
    | {"apartment", "apt", "bldg", "building", "fl", "flat", "floor", "no", "nr", "rm", "room", "ste", "suite", "unit"}
)


@frozen(repr=False)
class ComparableAddress:
    """`streets` holds each line without numbers and general words. `sorted_text` is the whole address."""

    house_numbers: frozenset[str]
    streets: tuple[str, ...]
    postal_code: str
    city: str
    sorted_text: str


def comparable_addresses(addresses: Iterable[Address]) -> tuple[ComparableAddress, ...]:
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
    streets = ("".join(w for w in line if w not in _GENERAL_WORDS and not _has_digit(w)) for line in lines)
    return ComparableAddress(
        house_numbers=frozenset(filter(_has_digit, tokens)),
        streets=tuple(street for street in streets if street),
        postal_code="".join(postal_code),
        city="".join(city),
        sorted_text=" ".join(sorted([*tokens, *city, *postal_code])),
    )


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)
