"""Digests that tell whom values are about, without holding them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b

from core.errors import Invalid, Refused
from core.patients import values as patients
from core.patients.names import joined
from core.values import email


def person_keys(values: Mapping[str, object]) -> frozenset[bytes]:
    """One for each of the email, the external id and the identifiers, and one for the names with the date of birth. A
    value that is missing or cannot be parsed gives none."""
    return frozenset(blake2b("\0".join(parts).encode(), digest_size=16).digest() for parts in _parts(values))


def _parts(values: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    with suppress(Refused, KeyError):
        yield "email", email(values["email"])
    with suppress(Refused, KeyError):
        yield "external_id", patients.external_id(values["external_id"])
    with suppress(Refused, KeyError):
        names = [patients.person_name(values[name]) for name in ("first_name", "last_name")]
        yield "person", *(joined(name) or name for name in names), patients.iso_date(
            values["date_of_birth"]
        ).isoformat()
    with suppress(Refused, Invalid, KeyError):
        for one in patients.identifiers(values["identifiers"]):
            yield "identifier", one.system, one.value
