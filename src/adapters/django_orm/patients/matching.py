"""Blocking keys: the table that finds likely duplicates."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from attrs import frozen
from django.db import connections

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from adapters.django_orm.patients.rows import COLUMNS, patient_of
from core.matching.blocking import DIGEST_SIZE, blocking_keys
from core.matching.comparable import comparable
from core.matching.details import PersonDetails
from core.matching.ports import PatientsForMatching
from core.patients.entities import Patient


def match_keys(patient: Patient) -> frozenset[int]:
    keys = blocking_keys(comparable(PersonDetails.of(patient)))
    return frozenset(_number(key.digest) for key in keys)


@frozen
class DjangoPatientsForMatching(PatientsForMatching):
    database: str = "default"

    @core_errors()
    def guard(self, digests: Collection[bytes]) -> None:
        """On SQLite, a transaction that has written already excludes the others."""
        require_atomic(self.database)
        connection = connections[self.database]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # sorted, so that two transactions do not wait for each other
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", [sorted(map(_number, digests))]
                )

    @core_errors()
    def holders(self, digests: Collection[bytes], limit: int) -> dict[bytes, frozenset[UUID]]:
        if not digests:
            return {}
        part = "SELECT * FROM (SELECT digest, patient_id FROM patients_matchkey WHERE digest = %s LIMIT %s) AS part"
        connection = connections[self.database]
        parameters = [value for digest in digests for value in (_number(digest), limit)]
        to_python = models.Patient._meta.pk.to_python
        found: dict[bytes, set[UUID]] = defaultdict(set)
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join([part] * len(digests)), parameters)
            for number, patient_id in cursor.fetchall():
                found[_digest(number)].add(to_python(patient_id))
        return {digest: frozenset(ids) for digest, ids in found.items()}

    @core_errors()
    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        rows = models.Patient.objects.using(self.database).filter(id__in=ids).order_by("id")
        return tuple(patient_of(row) for row in rows.values(*COLUMNS))

    @core_errors()
    def estimated_count(self) -> int:
        connection = connections[self.database]
        estimate = "SELECT max(rowid) FROM patients_patient"
        if connection.vendor == "postgresql":
            estimate = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'patients_patient'::regclass"
        with connection.cursor() as cursor:
            cursor.execute(estimate)
            (count,) = cursor.fetchone()
        return max(count or 0, 0)


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big", signed=True)


def _digest(number: int) -> bytes:
    return number.to_bytes(DIGEST_SIZE, "big", signed=True)
