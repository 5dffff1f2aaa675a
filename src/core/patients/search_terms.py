"""Search terms: folded names, phone numbers, emails, identifiers, external ids and dates of birth. A word of a search
matches the patients that have a term with this prefix.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from unicodedata import normalize

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from core.errors import InvalidValue
from core.patients import values
from core.patients.entities import Patient
from core.patients.folding import alphanumeric, folded, words
from core.patients.values import Identifier

MAX_TERM_LENGTH = 100  # longer terms are truncated
MAX_NAME_TERMS = 200
MAX_WORDS = 10
MIN_LAST_DIGITS = 4
_REVERSED = "<"  # starts no other term; neither does the space before symbols
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[^a-z@|]*[0-9][^a-z@|]*")

Prefixes = tuple[str, ...]


def search_terms(patient: Patient) -> frozenset[str]:
    terms = set[str]()
    for name in _names(patient):
        terms.update(_name_terms(name))
    if patient.email is not None:
        terms.add(_email(patient.email))
    if patient.date_of_birth is not None:
        terms.add(patient.date_of_birth.iso.replace("-", ""))
    for phone in (patient.phone, *(other.value for other in patient.other_phones)):
        if phone is not None:
            terms.update(_phone_terms(phone.lstrip("+")))
    for one in patient.identifiers:
        terms.update(_identifier_terms(one))
    if patient.external_id is not None:
        terms.add(alphanumeric(patient.external_id) or _symbols(patient.external_id)[0])
    for text in (*_names(patient), patient.external_id or "", *(one.value for one in patient.identifiers)):
        terms.update(_email(word) for word in text.split() if "@" in word)
    return frozenset(term[:MAX_TERM_LENGTH] for term in terms)


def parse_words(text: str, region: str) -> tuple[Prefixes, ...]:
    """The possible term prefixes for each word of a search.

    Adjacent numbers count as one word, because phone numbers are written in groups. More than `MAX_WORDS` words are
    one word too, in their order. A text with a bar can also be one identifier, `system|value`, including its spaces.
    """
    whole = tuple(_identifier_prefixes(text))
    return tuple(
        dict.fromkeys(
            tuple(dict.fromkeys(prefix[:MAX_TERM_LENGTH] for prefix in (*prefixes, *whole)))
            for prefixes in _words_of(text, region)
        )
    )


def _words_of(text: str, region: str) -> Iterator[Prefixes]:
    found = _join_adjacent_numbers([word for word in text.split() if alphanumeric(word)])
    if len(found) > MAX_WORDS:
        yield (alphanumeric("".join(found)),)
    elif found:
        yield from (tuple(_prefixes(word, region)) for word in found)
    elif text.split():
        yield (_symbols(text)[0],)


def _names(patient: Patient) -> Iterator[str]:
    """The full name, and the name with each other first or last name in place of the current one."""
    yield patient.full_name
    for other in patient.other_names:
        yield " ".join(filter(None, (other.first_name or patient.first_name, other.last_name or patient.last_name)))


def _name_terms(name: str) -> Iterator[str]:
    parts = words(name)
    if len(parts) > MAX_NAME_TERMS:  # emoji fold to many words
        parts = [alphanumeric(part) for part in name.split()]
    yield from _rotations(parts) if parts else _symbols(name)


def _rotations(parts: Sequence[str]) -> Iterator[str]:
    """All parts concatenated, starting with each: `maryannsmith`, `annsmithmary`, `smithmaryann`."""
    whole = "".join(parts)
    for start in accumulate(map(len, parts[:-1]), initial=0):
        yield (whole[start:] + whole[:start])[:MAX_TERM_LENGTH]


def _phone_terms(digits: str) -> Iterator[str]:
    yield digits
    yield _REVERSED + digits[::-1]
    for length in (1, 2, 3):
        if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            yield digits[length:]


def _identifier_terms(identifier: Identifier) -> Iterator[str]:
    parts = [part for part in map(alphanumeric, identifier.value.split()) if part]
    for value in _rotations(parts) if parts else _symbols(identifier.value):
        yield _identifier_term(value, identifier.system)


def _identifier_term(value: str, system: str) -> str:
    return f"{value}|{folded(system)}"


def _email(text: str) -> str:
    return "".join(folded(text).split())


def _symbols(text: str) -> list[str]:
    """Terms for a text without letters and digits."""
    return [f" {rotation}" for rotation in _rotations(normalize("NFC", text).split())]


def _join_adjacent_numbers(found: Sequence[str]) -> list[str]:
    together: list[str] = []
    after_number = False
    for word in found:
        is_number = _is_number(word)
        if is_number and after_number:
            together[-1] += word
        else:
            together.append(word)
        after_number = _is_number(word.rpartition("|")[2])
    return together


def _is_number(word: str) -> bool:
    return _NUMBER.fullmatch(folded(word)) is not None and not _DATE.fullmatch(word)


def _prefixes(word: str, region: str) -> Iterator[str]:
    """A word with an @ matches emails only: `jo@` is not the prefix of a name."""
    whole = _email(word) if "@" in word else alphanumeric(word)
    yield whole
    yield from _identifier_prefixes(word)
    if _is_number(word):
        yield whole.lstrip("0") or whole  # a trunk prefix, or an international call prefix
        with suppress(InvalidValue):
            yield values.parse_phone(word, region).lstrip("+")
        if len(whole) >= MIN_LAST_DIGITS:
            yield _REVERSED + whole[::-1]


def _identifier_prefixes(text: str) -> Iterator[str]:
    """For `system|value`; empty for other texts."""
    system, _, value = text.partition("|")
    if value.strip():
        yield _identifier_term(alphanumeric(value) or _symbols(value)[0], system.strip())
