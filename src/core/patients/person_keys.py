"""Digests that identify the person of a row without storing the values."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from uuid import UUID

from core.errors import InvalidValue, ValidationError
from core.patients import values as patient_values
from core.patients.dates import parse_partial_date
from core.patients.demographics import MAX_OTHER_NAMES, parse_other_name
from core.patients.fields import NAMES
from core.patients.folding import alphanumeric
from core.values import parse_email, parse_list

MAX_EMAILS_IN_TEXT = 50
_CELL_SEPARATORS = re.compile(r"""[\s,;|"<>:=(){}\[\]]+""")


def person_keys(values: Mapping[str, object]) -> frozenset[bytes]:
    """One key each for the email, the external id and every identifier, and one for the names with the date of birth,
    also with each of the other names. Missing and invalid values are skipped."""
    return frozenset(map(_digest, _parts(values)))


def record_key(patient_id: UUID) -> bytes:
    """The key of somebody who certainly has this record."""
    return _digest(("record", str(patient_id)))


def email_keys(raw: bytes) -> frozenset[bytes]:
    """Keys for the first 50 emails in a text that cannot be parsed into fields."""
    found = (cell for cell in _CELL_SEPARATORS.split(raw.decode(errors="replace")) if "@" in cell)
    return frozenset(key for cell in islice(found, MAX_EMAILS_IN_TEXT) for key in person_keys({"email": cell}))


def _digest(parts: tuple[str, ...]) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()


def _parts(values: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    with suppress(InvalidValue, KeyError):
        yield "email", parse_email(values["email"])
    with suppress(InvalidValue, KeyError):
        yield "external_id", patient_values.parse_external_id(values["external_id"])
    yield from _named(values)
    with suppress(InvalidValue, ValidationError, KeyError):
        for other in parse_list(values["other_names"], parse_other_name, MAX_OTHER_NAMES):
            own = {name: getattr(other, name) for name in NAMES}
            yield from _named({**values, **{name: value for name, value in own.items() if value is not None}})
    with suppress(InvalidValue, ValidationError, KeyError):
        for identifier in patient_values.parse_identifiers(values["identifiers"]):
            yield "identifier", identifier.system, identifier.value


def _named(values: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    with suppress(InvalidValue, KeyError):
        given = [values[name] for name in NAMES if values.get(name) is not None]
        names = [patient_values.parse_person_name(name) for name in given]
        if names:
            born = parse_partial_date(values["date_of_birth"]).iso
            yield "person", *(alphanumeric(name) or name for name in names), born
