"""The stored blocking keys: a row for each patient on PostgreSQL, which indexes the elements of an array, and a row for
each key on SQLite."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connections

from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.patients import models
from core.matching.blocking import DIGEST_SIZE, digests_of
from core.patients.entities import Patient


def insert_match_keys(patients: Sequence[Patient], database: str) -> None:
    keys = [(patient.id, _numbers_of(patient)) for patient in patients]
    if _has_arrays(database):
        bulk_insert(models.MatchKeySet, ("patient_id", "digests"), keys, database)
    else:
        _insert_rows(keys, database)


def update_match_keys(before: Patient, after: Patient, database: str) -> None:
    if _numbers_of(before) != (numbers := _numbers_of(after)):
        if _has_arrays(database):
            models.MatchKeySet.objects.using(database).filter(patient_id=after.id).update(digests=numbers)
        else:
            remove_match_keys(after.id, database)
            _insert_rows([(after.id, numbers)], database)


def remove_match_keys(patient_id: UUID, database: str) -> None:
    model = models.MatchKeySet if _has_arrays(database) else models.MatchKey
    model._default_manager.using(database).filter(patient_id=patient_id).delete()


def _insert_rows(keys: Sequence[tuple[UUID, list[int]]], database: str) -> None:
    rows = ((patient_id, number) for patient_id, numbers in keys for number in numbers)
    bulk_insert(models.MatchKey, ("patient_id", "digest"), rows, database)


def number_of(digest: bytes) -> int:
    """As it is stored: signed, of 64 bits."""
    return int.from_bytes(digest, "big", signed=True)


def digest_of(number: int) -> bytes:
    return number.to_bytes(DIGEST_SIZE, "big", signed=True)


def _numbers_of(patient: Patient) -> list[int]:
    return sorted(map(number_of, digests_of(patient)))


def _has_arrays(database: str) -> bool:
    return connections[database].vendor == "postgresql"
