"""What is compared of stored patients, read without the ORM, because each person has many candidates."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connections

from adapters.django_orm.patients import models
from adapters.django_orm.patients.rows import ITEMS
from core.matching.details import PersonDetails, StoredPerson, all_phones
from core.patients.dates import PartialDate
from core.patients.values import Sex

_SELECT = """
    SELECT id, merged_into_id, first_name, middle_name, last_name, other_names, date_of_birth, sex,
        phone, other_phones, email, addresses, identifiers
    FROM patients_patient WHERE id
"""
_AMONG, _AMONG_JSON = "= ANY(%s)", "IN (SELECT value FROM json_each(%s))"


def select_people(ids: Collection[UUID], database: str) -> tuple[StoredPerson, ...]:
    """Those that exist, in any order."""
    if not ids:
        return ()
    connection = connections[database]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_SELECT + _AMONG, [list(ids)])
        else:
            cursor.execute(_SELECT + _AMONG_JSON, [json.dumps([one.hex for one in ids])])
        return tuple(_person(*row) for row in cursor.fetchall())


def _person(  # the columns of the query
    patient_id: object,
    merged_into: object,
    first_name: str | None,
    middle_name: str | None,
    last_name: str | None,
    other_names: str,
    date_of_birth: str,
    sex: str,
    phone: str | None,
    other_phones: str,
    email: str | None,
    addresses: str,
    identifiers: str,
) -> StoredPerson:
    details = PersonDetails(
        first_name=first_name,
        middle_name=middle_name,
        last_name=last_name,
        other_names=_items("other_names", other_names),
        date_of_birth=PartialDate(date_of_birth) if date_of_birth else None,
        sex=Sex(sex),
        phones=all_phones(phone, _items("other_phones", other_phones)),
        emails=() if email is None else (email,),
        addresses=_items("addresses", addresses),
        identifiers=_items("identifiers", identifiers),
    )
    to_python = models.Patient._meta.pk.to_python
    return StoredPerson(to_python(patient_id), to_python(merged_into), details)


def _items(name: str, text: str) -> tuple[Any, ...]:  # the types depend on the column
    return () if text == "[]" else tuple(map(ITEMS[name], json.loads(text)))
