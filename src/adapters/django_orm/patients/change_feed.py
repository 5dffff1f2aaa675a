from uuid import UUID, uuid4

from attrs import fields, frozen
from django.db import connections
from django.db.models import QuerySet

from adapters.django_orm.db.atomic import DjangoAtomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from core.patients.audit import Action, ChangeEntry
from core.patients.ports import ChangeFeed

_COLUMNS = tuple(field.name for field in fields(ChangeEntry))
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
class DjangoChangeFeed(ChangeFeed):
    """Events are numbered when they are read: what is committed late gets a later number, and no writer waits.

    The ids of those that are committed have the order that is promised.
    """

    database: str = "default"

    @core_errors()
    def epoch(self) -> UUID:
        row, _ = self._epochs.get_or_create(id=models.ChangeEpoch.ONLY, defaults={"value": uuid4()})
        return row.value

    @core_errors()
    def renew_epoch(self) -> None:
        self._epochs.update_or_create(id=models.ChangeEpoch.ONLY, defaults={"value": uuid4()})

    @core_errors()
    def last(self) -> int:
        numbered = self._events.filter(position__isnull=False).order_by("-position")
        return numbered.values_list("position", flat=True).first() or 0

    @core_errors()
    def after(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        found = self._numbered(position, limit)
        if len(found) == limit or not self._events.filter(position=None).exists():
            return found
        DjangoAtomic(self.database)(lambda: self._number(limit))
        return self._numbered(position, limit)

    @property
    def _epochs(self) -> QuerySet[models.ChangeEpoch]:
        return models.ChangeEpoch.objects.using(self.database)

    @property
    def _events(self) -> QuerySet[models.PatientEvent]:
        return models.PatientEvent.objects.using(self.database)

    def _numbered(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        rows = self._events.filter(position__gt=position)
        return tuple(
            ChangeEntry(**row | {"action": Action(row["action"]), "fields": tuple(row["fields"])})
            for row in rows.order_by("position").values(*_COLUMNS)[:limit]
        )

    def _number(self, limit: int) -> None:
        """One at a time: the lock lasts until the numbers are committed, on SQLite that of the transaction."""
        connection = connections[self.database]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_LOCK)
            cursor.execute(_NUMBER, [limit])
