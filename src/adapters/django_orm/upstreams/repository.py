from datetime import datetime

from attrs import asdict, fields, frozen
from django.db import transaction

from adapters.django_orm.errors import core_errors
from adapters.django_orm.locks import waiting_for_locks
from adapters.django_orm.lookup import Row
from adapters.django_orm.upstreams import models
from core.upstreams.entities import CircuitState, UpstreamOrder, UpstreamReport
from core.upstreams.ports import UpstreamOrders, UpstreamReports

_ORDER = tuple(field.name for field in fields(UpstreamOrder))
_REPORT = tuple(field.name for field in fields(UpstreamReport))
_KEY = ("upstream", "process")


@frozen
class DjangoUpstreamOrders(UpstreamOrders):
    database: str = "default"

    @core_errors()
    def latest(self, upstream: str) -> UpstreamOrder | None:
        rows = models.UpstreamOrder.objects.using(self.database).filter(upstream=upstream).order_by("-revision")
        row = rows.values(*_ORDER).first()
        return UpstreamOrder(**row) if row else None

    @core_errors()
    def give(self, order: UpstreamOrder) -> None:
        with transaction.atomic(using=self.database):
            models.UpstreamOrder.objects.using(self.database).create(**asdict(order))


@frozen
class DjangoUpstreamReports(UpstreamReports):
    database: str = "default"

    @core_errors()
    def keep(self, report: UpstreamReport, *, outdated: datetime) -> None:
        """Somebody waits for an answer meanwhile."""
        rows = models.UpstreamReport.objects.using(self.database)
        with waiting_for_locks(50, self.database):
            rows.bulk_create(
                [models.UpstreamReport(**asdict(report))],
                update_conflicts=True,
                unique_fields=_KEY,
                update_fields=[name for name in _REPORT if name not in _KEY],
            )
            rows.filter(reported_at__lt=outdated).delete()

    @core_errors()
    def of(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        rows = models.UpstreamReport.objects.using(self.database).filter(upstream=upstream, reported_at__gte=since)
        return tuple(_report(row) for row in rows.order_by("process").values(*_REPORT))


def _report(row: Row) -> UpstreamReport:
    row["state"] = CircuitState(row["state"])
    return UpstreamReport(**row)
