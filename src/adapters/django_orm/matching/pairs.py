from collections.abc import Collection, Sequence
from uuid import UUID

from attrs import asdict, fields, frozen
from django.db import connections
from django.db.models import Q, QuerySet

from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.matching import models
from adapters.django_orm.patients.models import Patient
from core.matching.entities import DuplicatePair, PairCursor, PairState
from core.matching.errors import PairNotFound
from core.matching.ports import DuplicatePairs
from core.matching.scoring import Evidence
from core.matching.weights import Agreement, Field

_COLUMNS = tuple(field.name for field in fields(DuplicatePair))


@frozen
class DjangoDuplicatePairs(DuplicatePairs):
    database: str = "default"

    @core_errors()
    def record(self, pairs: Sequence[DuplicatePair]) -> None:
        there = self._protect({one for pair in pairs for one in pair.patient_ids})
        stored = sorted(
            (pair for pair in pairs if there.issuperset(pair.patient_ids)), key=lambda pair: pair.patient_ids
        )
        self._rows.bulk_create(
            [models.DuplicatePair(**_columns(pair)) for pair in stored],
            update_conflicts=True,
            unique_fields=["first", "second"],
            update_fields=["probability", "evidence", "weights_version"],
        )

    @core_errors()
    def get(self, pair_id: UUID) -> DuplicatePair:
        row = self._rows.filter(id=pair_id).values(*_COLUMNS).first()
        if row is None:
            raise PairNotFound
        return _pair(row)

    @core_errors()
    def replace(self, pair: DuplicatePair) -> None:
        self._rows.filter(id=pair.id).update(**_columns(pair))

    @core_errors()
    def find(
        self, states: Collection[PairState], *, min_probability: float, after: PairCursor | None, limit: int
    ) -> tuple[DuplicatePair, ...]:
        rows = self._rows.filter(state__in=states, probability__gte=min_probability).order_by("-probability", "-id")
        if after is not None:
            same = Q(probability=after.probability, id__lt=after.id)
            rows = rows.filter(Q(probability__lt=after.probability) | same, probability__lte=after.probability)
        return tuple(_pair(row) for row in rows.values(*_COLUMNS)[:limit])

    @core_errors()
    def of(
        self, patient_ids: Collection[UUID], states: Collection[PairState] = tuple(PairState)
    ) -> tuple[DuplicatePair, ...]:
        rows = self._rows.filter(Q(first__in=patient_ids) | Q(second__in=patient_ids), state__in=states)
        return tuple(map(_pair, rows.order_by("id").values(*_COLUMNS)))

    @core_errors()
    def remove(self, pair_ids: Collection[UUID]) -> None:
        self._rows.filter(id__in=pair_ids).delete()

    def _protect(self, patient_ids: Collection[UUID]) -> set[UUID]:
        """Those who exist. None of them can be erased before the transaction ends."""
        connection = connections[self.database]
        if connection.vendor == "sqlite":  # its write transactions exclude one another
            return set(Patient.objects.using(self.database).filter(id__in=patient_ids).values_list("id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM patients_patient WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(patient_ids)]
            )
            return {patient_id for (patient_id,) in cursor.fetchall()}

    @property
    def _rows(self) -> QuerySet[models.DuplicatePair]:
        return models.DuplicatePair.objects.using(self.database)


def _columns(pair: DuplicatePair) -> Row:
    return asdict(pair)


def _pair(row: Row) -> DuplicatePair:
    row["state"] = PairState(row["state"])
    row["evidence"] = tuple(
        Evidence(Field(one["field"]), Agreement(one["agreement"]), one["weight"]) for one in row["evidence"]
    )
    return DuplicatePair(**row)
