from attrs import fields, frozen
from django.db import connections

from adapters.django_orm.atomic import require_atomic
from adapters.django_orm.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.audit import Action, Change
from core.patients.ports import ChangeLog

_COLUMNS = tuple(field.name for field in fields(Change))
_LOCK = "SELECT pg_advisory_xact_lock(20481229)"  # any number that no other lock has
_NUMBER = """
    UPDATE patients_patientevent SET position = due.position
    FROM (
        SELECT id, ROW_NUMBER() OVER (ORDER BY id) + (
            SELECT COALESCE(MAX(position), 0) FROM patients_patientevent WHERE position IS NOT NULL
        ) AS position
        FROM (SELECT id FROM patients_patientevent WHERE position IS NULL ORDER BY id LIMIT %s) AS waiting
    ) AS due
    WHERE patients_patientevent.id = due.id
"""


@frozen
class DjangoChangeLog(ChangeLog):
    """Events are numbered when they are read: what is committed late gets a later number, and no writer waits.

    The ids of those that are committed have the order that is promised.
    """

    database: str = "default"

    @core_errors()
    def after(self, position: int, limit: int) -> tuple[Change, ...]:
        require_atomic(self.database)
        found = self._numbered(position, limit)
        if len(found) == limit:
            return found
        self._number(limit)
        return self._numbered(position, limit)

    def _numbered(self, position: int, limit: int) -> tuple[Change, ...]:
        rows = models.PatientEvent.objects.using(self.database).filter(position__gt=position)
        return tuple(
            Change(**row | {"action": Action(row["action"]), "fields": tuple(row["fields"])})
            for row in rows.order_by("position").values(*_COLUMNS)[:limit]
        )

    def _number(self, limit: int) -> None:
        """One at a time: the lock lasts until the numbers are committed, on SQLite that of the transaction."""
        connection = connections[self.database]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_LOCK)
            cursor.execute(_NUMBER, [limit])
