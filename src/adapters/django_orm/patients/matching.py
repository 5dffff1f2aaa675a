"""The look-up of likely duplicates by blocking keys."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from attrs import frozen
from django.db import connections

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients.match_keys import digest_of, has_arrays, number_of
from core.matching.ports import BlockingKeys

_MAX_KEYS = 400  # of one query: SQLite accepts 500 parts of a union
_SELECT_ONE = "SELECT * FROM (SELECT digest, patient_id FROM patients_matchkey WHERE digest = %s LIMIT %s) AS part"
# MATERIALIZED hides the limit from the planner, which would prefer to read a large table from its start
_SELECT_EACH = """
    SELECT wanted.digest, found.patient_id FROM unnest(%s::bigint[]) AS wanted(digest)
    CROSS JOIN LATERAL (
        WITH holder AS MATERIALIZED (
            SELECT patient_id FROM patients_matchkeyset WHERE digests @> ARRAY[wanted.digest]
        ) SELECT patient_id FROM holder LIMIT %s
    ) AS found
"""


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
                    "SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", [sorted(map(number_of, digests))]
                )

    @core_errors()
    def holders(self, digests: Collection[bytes], limit: int) -> dict[bytes, frozenset[UUID]]:
        wanted = list(digests)
        found: dict[bytes, set[UUID]] = defaultdict(set)
        for start in range(0, len(wanted), _MAX_KEYS):
            for digest, patient_id in self._select(wanted[start : start + _MAX_KEYS], limit):
                found[digest].add(patient_id)
        return {digest: frozenset(ids) for digest, ids in found.items()}

    def _select(self, digests: list[bytes], limit: int) -> list[tuple[bytes, UUID]]:
        with connections[self.database].cursor() as cursor:
            if has_arrays(self.database):
                cursor.execute(_SELECT_EACH, [list(map(number_of, digests)), limit])
                return [(digest_of(number), patient_id) for number, patient_id in cursor.fetchall()]
            parameters = [value for digest in digests for value in (digest, limit)]
            cursor.execute(" UNION ALL ".join([_SELECT_ONE] * len(digests)), parameters)
            return [(digest, UUID(bytes=patient_id)) for digest, patient_id in cursor.fetchall()]
