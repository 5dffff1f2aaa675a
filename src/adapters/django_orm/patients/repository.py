from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import asdict, fields, frozen
from django.db import transaction
from django.db.models import QuerySet

from adapters.django_orm.atomic import require_atomic
from adapters.django_orm.copying import insert
from adapters.django_orm.errors import core_errors
from adapters.django_orm.lookup import Row, lookup
from adapters.django_orm.patients import models
from adapters.django_orm.patients.taken import Taken
from core.errors import Conflict
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.patients.names import name_words
from core.patients.ports import PatientRepository
from core.patients.searching import PatientPage, PatientQuery
from core.patients.values import Identifier, Sex, Status

_COLUMNS = tuple(field.name for field in fields(Patient))


@frozen
class DjangoPatientRepository(PatientRepository):
    database: str = "default"

    @core_errors()
    def get(self, patient_id: UUID) -> Patient:
        return _found(lookup(models.Patient, _COLUMNS, self.database)(patient_id))

    @core_errors()
    def lock(self, patient_id: UUID) -> Patient:
        require_atomic(self.database)
        return _found(self._rows.filter(id=patient_id).select_for_update().values(*_COLUMNS).first())

    @core_errors()
    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        return tuple(_patient(row) for row in self._rows.filter(id__in=ids).order_by("id").values(*_COLUMNS))

    @core_errors()
    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        require_atomic(self.database)
        rows = self._rows.filter(id__in=ids).order_by("id").select_for_update()
        return {row["id"]: _patient(row) for row in rows.values(*_COLUMNS)}

    @core_errors()
    def oldest(self, *, after: UUID | None, limit: int) -> tuple[Patient, ...]:
        rows = self._rows if after is None else self._rows.filter(id__gt=after)
        return tuple(_patient(row) for row in rows.order_by("id").values(*_COLUMNS)[:limit])

    @core_errors()
    def ids(self, statuses: Collection[Status], *, after: UUID | None, before: UUID, limit: int) -> tuple[UUID, ...]:
        rows = self._rows.filter(status__in=statuses, id__lt=before).order_by("id")
        if after is not None:
            rows = rows.filter(id__gt=after)
        return tuple(rows.values_list("id", flat=True)[:limit])

    @core_errors()
    def how_many(self, statuses: Collection[Status]) -> int:
        return self._rows.filter(status__in=statuses).count()

    @core_errors()
    def mark_synced(self, ids: Collection[UUID], at: datetime) -> None:
        self._rows.filter(id__in=ids).update(last_synced_at=at)

    @core_errors()
    def add(self, patient: Patient) -> None:
        with self._all_or_nothing(patient):
            self._insert([patient])

    @core_errors()
    def add_all(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        refused = self.conflicts(patients)
        try:
            with core_errors(), transaction.atomic(using=self.database):
                self._insert([one for one in patients if one.id not in refused])
        except Conflict:  # somebody was quicker with one of them
            return self._add_one_by_one(patients)
        return refused

    @core_errors()
    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        return Taken.of(patients, self.database).refuse(patients)

    @core_errors()
    def replace(self, before: Patient, after: Patient) -> None:
        was = _columns(before)
        changed = {name: value for name, value in _columns(after).items() if value != was[name]}
        with self._all_or_nothing(after):
            self._rows.filter(id=after.id).update(**changed)
            if {"first_name", "last_name"} & changed.keys():
                models.NameWord.objects.using(self.database).filter(patient_id=after.id).delete()
                self._write_words(after)
            if "identifiers" in changed:
                models.Identifier.objects.using(self.database).filter(patient_id=after.id).delete()
                self._write_identifiers(after)

    @core_errors()
    def remove(self, patient_id: UUID) -> None:
        self._rows.filter(id=patient_id).delete()

    @core_errors()
    def find(self, query: PatientQuery) -> PatientPage:
        rows = self.matching(query)
        if query.after is not None:
            rows = rows.filter(id__lt=query.after)
        found = [_patient(row) for row in rows.order_by("-id").values(*_COLUMNS)[: query.limit + 1]]
        page = tuple(found[: query.limit])
        return PatientPage(page, page[-1].id if len(found) > query.limit else None)

    @core_errors()
    def count(self, query: PatientQuery, most: int) -> int:
        return self.matching(query)[:most].count()

    @property
    def _rows(self) -> QuerySet[models.Patient]:
        return models.Patient.objects.using(self.database)

    def matching(self, query: PatientQuery) -> QuerySet[models.Patient]:
        rows = self._rows
        for word in query.words:
            rows = rows.filter(id__in=self._ids_by_word(word.encode()))
        for name in ("status", "email", "phone", "date_of_birth", "external_id"):
            if (value := getattr(query, name)) is not None:
                rows = rows.filter((name, value))
        if query.identifier is not None:
            holders = models.Identifier.objects.using(self.database).filter(**asdict(query.identifier))
            rows = rows.filter(id__in=holders.values("patient_id"))
        if query.created_after is not None:
            rows = rows.filter(created_at__gt=query.created_after, id__gte=_first_id_at(query.created_after))
        if query.created_before is not None:
            rows = rows.filter(created_at__lt=query.created_before, id__lt=_first_id_after(query.created_before))
        if query.updated_after is not None:
            rows = rows.filter(updated_at__gt=query.updated_after)
        return rows

    def _ids_by_word(self, prefix: bytes) -> QuerySet[models.NameWord, dict[str, UUID]]:
        end = prefix[:-1] + bytes([prefix[-1] + 1])
        return models.NameWord.objects.using(self.database).filter(word__gte=prefix, word__lt=end).values("patient_id")

    def _add_one_by_one(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        refused: dict[UUID, Conflict] = {}
        for patient in patients:
            try:
                self.add(patient)
            except Conflict as conflict:
                refused[patient.id] = conflict
        return refused

    def _insert(self, patients: Sequence[Patient]) -> None:
        rows = (_columns(patient) for patient in patients)
        insert(models.Patient, _COLUMNS, ([row[name] for name in _COLUMNS] for row in rows), self.database)
        self._write_words(*patients)
        self._write_identifiers(*patients)

    def _write_words(self, *patients: Patient) -> None:
        rows = ((one.id, word.encode()) for one in patients for word in name_words(one.first_name, one.last_name))
        insert(models.NameWord, ("patient", "word"), rows, self.database)

    def _write_identifiers(self, *patients: Patient) -> None:
        rows = ((one.id, each.system, each.value) for one in patients for each in one.identifiers)
        insert(models.Identifier, ("patient", "system", "value"), rows, self.database)

    @contextmanager
    def _all_or_nothing(self, patient: Patient) -> Generator[None]:
        """What is refused inside leaves nothing behind, and the transaction around it usable."""
        try:
            with core_errors(), transaction.atomic(using=self.database):
                yield
        except Conflict as conflict:
            refused = Taken.of([patient], self.database).refuse([patient])  # of several, databases differ in which
            raise refused.get(patient.id, conflict) from None


def _columns(patient: Patient) -> dict[str, object]:
    columns: dict[str, object] = asdict(patient, recurse=False)
    return columns | {"identifiers": [asdict(one) for one in patient.identifiers]}


def _found(row: Row | None) -> Patient:
    if row is None:
        raise PatientNotFound
    return _patient(row)


def _patient(row: Row) -> Patient:
    row["identifiers"] = tuple(Identifier(**one) for one in row["identifiers"])
    row["sex"] = Sex(row["sex"])
    row["status"] = Status(row["status"])
    return Patient(**row)


def _first_id_at(instant: datetime) -> UUID:
    """Ids begin with the milliseconds at which the patient was created, so that a span of time is a range of ids."""
    return UUID(int=_milliseconds(instant) << 80)


def _first_id_after(instant: datetime) -> UUID:
    return UUID(int=(_milliseconds(instant) + 1) << 80)


def _milliseconds(instant: datetime) -> int:
    return max(0, (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))
