from collections.abc import Sequence
from datetime import datetime

from attrs import frozen
from django.db.models import Count, Q, QuerySet

from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.matching.models import DuplicatePair
from adapters.django_orm.patients.models import Patient
from adapters.django_orm.patients.search import first_id_at
from core.matching.entities import PairState
from core.overview.entities import Freshness
from core.overview.ports import RegistryCounts
from core.patients.values import Status
from core.sync.entities import SYNCABLE


@frozen
class DjangoRegistryCounts(RegistryCounts):
    """Ages and freshness read the whole table: indexes for them would make each sync slower."""

    database: str = "default"

    @core_errors()
    def by_status(self) -> dict[Status, int]:
        counts = self._patients.values_list("status").annotate(count=Count("id")).order_by()
        return {Status(status): count for status, count in counts}

    @core_errors()
    def born_since(self, years: Sequence[int]) -> tuple[int, ...]:
        living = self._patients.filter(merged_into=None, deceased="false").exclude(date_of_birth="")
        counts = {f"since_{year}": Count("id", filter=Q(date_of_birth__gte=f"{year:04}")) for year in years}
        return tuple(living.aggregate(**counts).values())

    @core_errors()
    def by_freshness(self, stale_before: datetime) -> dict[Freshness, int]:
        synced = self._patients.filter(status__in=SYNCABLE, external_id__isnull=False)
        counts = synced.aggregate(
            fresh=Count("id", filter=Q(last_synced_at__gte=stale_before)),
            stale=Count("id", filter=Q(last_synced_at__lt=stale_before)),
            never=Count("id", filter=Q(last_synced_at=None)),
        )
        return {Freshness(freshness): count for freshness, count in counts.items()}

    @core_errors()
    def registered(self, since: datetime, until: datetime) -> int:
        return self._patients.filter(id__gte=first_id_at(since), id__lt=first_id_at(until)).count()

    @core_errors()
    def open_duplicates(self) -> int:
        return DuplicatePair.objects.using(self.database).filter(state=PairState.OPEN).count()

    @property
    def _patients(self) -> QuerySet[Patient]:
        return Patient.objects.using(self.database)
