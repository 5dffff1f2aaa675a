"""Blocking keys: the table that finds likely duplicates."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from attrs import frozen
from django.db import connections

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from core.matching.blocking import DIGEST_SIZE, digests_of
from core.matching.ports import BlockingKeys
from core.patients.entities import Patient


def match_keys(patient: Patient) -> frozenset[int]:
    return frozenset(map(_number, digests_of(patient)))


@frozen
class DjangoBlockingKeys(BlockingKeys):
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


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "big", signed=True)


def _digest(number: int) -> bytes:
    return number.to_bytes(DIGEST_SIZE, "big", signed=True)
