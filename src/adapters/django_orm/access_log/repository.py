from collections.abc import Sequence
from uuid import UUID

from attrs import fields, frozen

from adapters.django_orm.access_log import models
from adapters.django_orm.db.atomic import DjangoAtomic
from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.db.locks import lock_key
from adapters.django_orm.db.log_filters import matching
from core.access_log.entities import AccessAction, AccessCursor, AccessEntry, AccessQuery, append
from core.access_log.ports import AccessLog, AccessLogEntries
from core.seals import Sealer

_COLUMNS = tuple(field.name for field in fields(AccessEntry))


@frozen
class DjangoAccessLog(AccessLog, AccessLogEntries):
    sealer: Sealer
    database: str = "default"

    def record(self, entry: AccessEntry) -> None:
        self.append([entry])

    def append(self, entries: Sequence[AccessEntry]) -> None:
        """One transaction at a time: it holds a lock until it commits. On SQLite, every write transaction does."""
        DjangoAtomic(self.database)(lambda: self._append(entries))

    def _append(self, entries: Sequence[AccessEntry]) -> None:
        lock_key("access log", self.database)
        last = self.last()
        number, seal = (last.number, last.seal) if last else (0, "")
        appended = ([getattr(entry, name) for name in _COLUMNS] for entry in append(entries, number, seal, self.sealer))
        bulk_insert(models.AccessEntry, _COLUMNS, appended, self.database)

    @core_errors()
    def find(self, query: AccessQuery, *, before: AccessCursor | None, limit: int) -> tuple[AccessEntry, ...]:
        rows = matching(models.AccessEntry.objects.using(self.database).order_by("-at", "-number"), query)
        if before is not None:
            rows = rows.filter(at__lte=before.at).exclude(at=before.at, number__gte=before.number)
        return tuple(_entry(row) for row in rows.values(*_COLUMNS)[:limit])

    @core_errors()
    def opened_by(self, actor: str, limit: int) -> tuple[UUID, ...]:
        views = models.AccessEntry.objects.using(self.database).filter(
            actor=actor, action=AccessAction.PATIENT_VIEWED, patient_id__isnull=False
        )
        return tuple(dict.fromkeys(views.order_by("-at", "-number").values_list("patient_id", flat=True)[:limit]))

    @core_errors()
    def last(self) -> AccessEntry | None:
        row = models.AccessEntry.objects.using(self.database).order_by("-number").values(*_COLUMNS).first()
        return _entry(row) if row else None

    @core_errors()
    def after(self, number: int, limit: int) -> tuple[AccessEntry, ...]:
        rows = models.AccessEntry.objects.using(self.database).filter(number__gt=number).order_by("number")
        return tuple(_entry(row) for row in rows.values(*_COLUMNS)[:limit])


def _entry(row: Row) -> AccessEntry:
    row["action"] = AccessAction(row["action"])
    return AccessEntry(**row)
