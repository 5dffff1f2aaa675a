"""Digests that identify the person a row is about, without holding the values."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from itertools import islice

from core.errors import InvalidValue, ValidationError
from core.patients import values as patients
from core.patients.folding import joined
from core.values import parse_email

MAX_EMAILS_IN_TEXT = 50
_BETWEEN_CELLS = re.compile(r"""[\s,;|"<>:=(){}\[\]]+""")


def person_keys(values: Mapping[str, object]) -> frozenset[bytes]:
    """One for each of the email, the external id and the identifiers, and one for the names with the date of birth. A
    value that is missing or cannot be parsed gives none."""
    return frozenset(map(_digest, _parts(values)))


def email_keys(raw: bytes) -> frozenset[bytes]:
    """One for each email in a text that cannot be read as values; the first 50."""
    found = (cell for cell in _BETWEEN_CELLS.split(raw.decode(errors="replace")) if "@" in cell)
    return frozenset(key for cell in islice(found, MAX_EMAILS_IN_TEXT) for key in person_keys({"email": cell}))


def _digest(parts: tuple[str, ...]) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()


def _parts(values: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    with suppress(InvalidValue, KeyError):
        yield "email", parse_email(values["email"])
    with suppress(InvalidValue, KeyError):
        yield "external_id", patients.parse_external_id(values["external_id"])
    with suppress(InvalidValue, KeyError):
        names = [patients.parse_person_name(values[name]) for name in ("first_name", "last_name")]
        yield "person", *(joined(name) or name for name in names), patients.parse_date(
            values["date_of_birth"]
        ).isoformat()
    with suppress(InvalidValue, ValidationError, KeyError):
        for one in patients.parse_identifiers(values["identifiers"]):
            yield "identifier", one.system, one.value
