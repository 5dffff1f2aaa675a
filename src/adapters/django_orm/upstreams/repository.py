from datetime import datetime

from attrs import asdict, fields, frozen
from django.db import transaction

from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.db.locks import lock_timeout
from adapters.django_orm.upstreams import models
from core.upstreams.entities import CircuitState, UpstreamOverride, UpstreamReport
from core.upstreams.ports import UpstreamOverrides, UpstreamReports

_OVERRIDE_COLUMNS = tuple(field.name for field in fields(UpstreamOverride))
_REPORT_COLUMNS = tuple(field.name for field in fields(UpstreamReport))
_KEY = ("upstream", "process")


@frozen
class DjangoUpstreamOverrides(UpstreamOverrides):
    database: str = "default"

    @core_errors()
    def latest(self, upstream: str) -> UpstreamOverride | None:
        rows = models.UpstreamOverride.objects.using(self.database).filter(upstream=upstream).order_by("-revision")
        row = rows.values(*_OVERRIDE_COLUMNS).first()
        return UpstreamOverride(**row) if row else None

    @core_errors()
    def add(self, override: UpstreamOverride) -> None:
        with transaction.atomic(using=self.database):
            models.UpstreamOverride.objects.using(self.database).create(**asdict(override))


@frozen
class DjangoUpstreamReports(UpstreamReports):
    database: str = "default"

    @core_errors()
    def save(self, report: UpstreamReport, *, outdated: datetime) -> None:
        rows = models.UpstreamReport.objects.using(self.database)
        with lock_timeout(50, self.database):  # a request waits for this
            rows.bulk_create(
                [models.UpstreamReport(**asdict(report))],
                update_conflicts=True,
                unique_fields=_KEY,
                update_fields=[name for name in _REPORT_COLUMNS if name not in _KEY],
            )
            rows.filter(reported_at__lt=outdated).delete()

    @core_errors()
    def list_for(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        rows = models.UpstreamReport.objects.using(self.database).filter(upstream=upstream, reported_at__gte=since)
        return tuple(_report(row) for row in rows.order_by("process").values(*_REPORT_COLUMNS))


def _report(row: Row) -> UpstreamReport:
    row["state"] = CircuitState(row["state"])
    return UpstreamReport(**row)
