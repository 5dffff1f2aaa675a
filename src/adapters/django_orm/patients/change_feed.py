from uuid import UUID, uuid4

from attrs import fields, frozen
from django.db import connections
from django.db.models import QuerySet

from adapters.django_orm.db.atomic import DjangoAtomic
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.db.locks import lock_key
from adapters.django_orm.patients import models
from core.patients.audit import Action, ChangeEntry
from core.patients.ports import ChangeFeed

_COLUMNS = tuple(field.name for field in fields(ChangeEntry))
_ASSIGN_POSITIONS = """
    UPDATE patients_patientevent SET position = numbered.position
    FROM (
        SELECT id, ROW_NUMBER() OVER (ORDER BY id) + (
            SELECT COALESCE(MAX(position), 0) FROM patients_patientevent WHERE position IS NOT NULL
        ) AS position
        FROM (SELECT id FROM patients_patientevent WHERE position IS NULL ORDER BY id LIMIT %s) AS unnumbered
    ) AS numbered
    WHERE patients_patientevent.id = numbered.id
"""


@frozen
class DjangoChangeFeed(ChangeFeed):
    """Assigns positions when the feed is read: an event committed late gets a later position, and no writer waits.

    Among committed events, positions follow the order of ids.
    """

    database: str = "default"

    @core_errors()
    def epoch(self) -> UUID:
        if row := self._epochs.first():
            return row.value
        new = {"value": uuid4()}
        return DjangoAtomic(self.database)(
            lambda: self._epochs.get_or_create(id=models.ChangeEpoch.ONLY, defaults=new)[0].value
        )

    @core_errors()
    def renew_epoch(self) -> None:
        self._epochs.update_or_create(id=models.ChangeEpoch.ONLY, defaults={"value": uuid4()})

    @core_errors()
    def last(self) -> int:
        rows = self._events.filter(position__isnull=False).order_by("-position")
        return rows.values_list("position", flat=True).first() or 0

    @core_errors()
    def after(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        entries = self._entries(position, limit)
        if len(entries) == limit:
            return entries
        if self._events.filter(position=None).exists():
            DjangoAtomic(self.database)(lambda: self._assign_positions(limit))
        return self._entries(position, limit)  # even if another reader has just assigned the positions

    @property
    def _epochs(self) -> QuerySet[models.ChangeEpoch]:
        return models.ChangeEpoch.objects.using(self.database)

    @property
    def _events(self) -> QuerySet[models.PatientEvent]:
        return models.PatientEvent.objects.using(self.database)

    def _entries(self, position: int, limit: int) -> tuple[ChangeEntry, ...]:
        rows = self._events.filter(position__gt=position)
        return tuple(
            ChangeEntry(**dict(row, action=Action(row["action"]), fields=tuple(row["fields"])))
            for row in rows.order_by("position").values(*_COLUMNS)[:limit]
        )

    def _assign_positions(self, limit: int) -> None:
        """One transaction at a time: it holds a lock until it commits. On SQLite, every write transaction does."""
        lock_key("change feed", self.database)
        with connections[self.database].cursor() as cursor:
            cursor.execute(_ASSIGN_POSITIONS, [limit])
