"""The stored blocking keys. On PostgreSQL, a patient has a row with an array, whose elements are indexed. SQLite has no
such index: each key is a row, found by its digest, and another row has all digests of the patient, to find those
again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connections

from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.patients import models
from core.matching.blocking import DIGEST_SIZE, digests_of
from core.patients.entities import Patient


def insert_match_keys(patients: Sequence[Patient], database: str) -> None:
    _insert([(patient.id, digests_of(patient)) for patient in patients], database)


def update_match_keys(before: Patient, after: Patient, database: str) -> None:
    if digests_of(before) != (digests := digests_of(after)):
        remove_match_keys(after.id, database)
        _insert([(after.id, digests)], database)


def remove_match_keys(patient_id: UUID, database: str) -> None:
    """Removes the stored keys, which an earlier release may have made by other rules."""
    if has_arrays(database):
        models.MatchKeySet.objects.using(database).filter(patient_id=patient_id).delete()
        return
    sets = models.PackedMatchKeys.objects.using(database).filter(patient_id=patient_id)
    for packed in sets.values_list("digests", flat=True):
        digests = [packed[start : start + DIGEST_SIZE] for start in range(0, len(packed), DIGEST_SIZE)]
        keys = models.MatchKey._default_manager.using(database)
        keys.filter(digest__in=digests, patient_id=patient_id.bytes).delete()
    sets.delete()


def _insert(digests: Sequence[tuple[UUID, Collection[bytes]]], database: str) -> None:
    if has_arrays(database):
        arrays = ((patient_id, list(map(number_of, own))) for patient_id, own in digests)
        bulk_insert(models.MatchKeySet, ("patient_id", "digests"), arrays, database)
    else:
        packed = ((patient_id, b"".join(own)) for patient_id, own in digests)
        bulk_insert(models.PackedMatchKeys, ("patient_id", "digests"), packed, database)
        keys = ((digest, patient_id.bytes) for patient_id, own in digests for digest in own)
        bulk_insert(models.MatchKey, ("digest", "patient_id"), keys, database)


def has_arrays(database: str) -> bool:
    return connections[database].vendor == "postgresql"


def number_of(digest: bytes) -> int:
    """As PostgreSQL stores it: signed, of 64 bits."""
    return int.from_bytes(digest, "big", signed=True)


def digest_of(number: int) -> bytes:
    return number.to_bytes(DIGEST_SIZE, "big", signed=True)
