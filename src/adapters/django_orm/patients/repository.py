from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from attrs import frozen
from django.db import connections, transaction
from django.db.models import QuerySet

from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.binary import Rows, columns_of_all, select
from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.db.compiled_get import compiled_get
from adapters.django_orm.db.errors import core_errors
from adapters.django_orm.patients import models
from adapters.django_orm.patients.match_keys import insert_match_keys, remove_match_keys, update_match_keys
from adapters.django_orm.patients.people import select_people
from adapters.django_orm.patients.rows import COLUMNS, columns_of, patient_of, require
from adapters.django_orm.patients.search import filter_patients, page_query
from adapters.django_orm.patients.terms import insert_terms, rewrite_terms, update_terms
from adapters.django_orm.patients.uniqueness import UniquenessCheck, merged_records_hold
from core.errors import Conflict
from core.imports.ports import PatientsForImport
from core.matching.details import StoredPerson
from core.matching.ports import PatientsForMatching
from core.patients.entities import Patient
from core.patients.errors import UniqueValueTaken
from core.patients.identifier_systems import IdentifierSystems
from core.patients.ports import MergedRecords, PatientListing, PatientRepository, PatientsById, PatientSearch
from core.patients.search import PatientCursor, PatientPage, PatientQuery
from core.patients.values import Status
from core.sync.ports import PatientsForSync
from core.undo.ports import PatientsForUndo

_UNIQUE = {"email", "email_shared", "external_id", "identifiers", "merged_into"}
"""Columns that decide whether two records have the same unique value."""


@frozen
class DjangoPatientRepository(
    PatientRepository,
    MergedRecords,
    PatientSearch,
    PatientListing,
    PatientsForSync,
    PatientsForUndo,
    PatientsForImport,
    PatientsForMatching,
    PatientsById,
):
    identifier_systems: IdentifierSystems
    database: str = "default"

    @core_errors()
    def get(self, patient_id: UUID) -> Patient:
        return require(compiled_get(models.Patient, COLUMNS, self.database)(patient_id))

    @core_errors()
    def lock(self, patient_id: UUID) -> Patient:
        require_atomic(self.database)
        rows = select(self._records.filter(id=patient_id).select_for_update(no_key=True), COLUMNS)
        return require(rows[0] if rows else None)

    @core_errors()
    def get_all(self, ids: Collection[UUID]) -> tuple[Patient, ...]:
        return tuple(map(patient_of, select(self._records.filter(id__in=ids).order_by("id"), COLUMNS)))

    @core_errors()
    def people(self, ids: Collection[UUID]) -> tuple[StoredPerson, ...]:
        return select_people(ids, self.database)

    @core_errors()
    def lock_all(self, ids: Collection[UUID]) -> dict[UUID, Patient]:
        require_atomic(self.database)
        rows = self._records.filter(id__in=ids).order_by("id").select_for_update(no_key=True)
        return {row["id"]: patient_of(row) for row in select(rows, COLUMNS)}

    @core_errors()
    def estimated_count(self) -> int:
        connection = connections[self.database]
        estimate = "SELECT max(rowid) FROM patients_patient"
        if connection.vendor == "postgresql":
            estimate = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'patients_patient'::regclass"
        with connection.cursor() as cursor:
            cursor.execute(estimate)
            (count,) = cursor.fetchone()
        return max(count or 0, 0)

    @core_errors()
    def list_oldest_first(self, *, after: UUID | None, limit: int) -> tuple[Patient, ...]:
        rows = self._records if after is None else self._records.filter(id__gt=after)
        return tuple(map(patient_of, select(rows.order_by("id")[:limit], COLUMNS)))

    @core_errors()
    def ids(self, statuses: Collection[Status], *, after: UUID | None, before: UUID, limit: int) -> tuple[UUID, ...]:
        rows = self._rows.filter(status__in=statuses, id__lt=before).order_by("id")
        if after is not None:
            rows = rows.filter(id__gt=after)
        return tuple(rows.values_list("id", flat=True)[:limit])

    @core_errors()
    def count_by_status(self, statuses: Collection[Status]) -> int:
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
        conflicts = self.conflicts(patients)
        try:
            with core_errors(), transaction.atomic(using=self.database):
                self._insert([patient for patient in patients if patient.id not in conflicts])
        except Conflict:  # another transaction was faster
            return self._add_one_by_one(patients)
        return conflicts

    @core_errors()
    def merged_into(self, survivors: Collection[UUID]) -> dict[UUID, UUID]:
        return dict(self._rows.filter(merged_into__in=survivors).values_list("id", "merged_into"))

    @core_errors()
    def ids_to_scan(
        self, changed_since: datetime | None, *, after: UUID | None, before: UUID, limit: int
    ) -> tuple[UUID, ...]:
        rows = self._to_scan(changed_since).filter(id__lt=before).order_by("id")
        if after is not None:
            rows = rows.filter(id__gt=after)
        return tuple(rows.values_list("id", flat=True)[:limit])

    @core_errors()
    def count_to_scan(self, changed_since: datetime | None) -> int:
        return self._to_scan(changed_since).count()

    @core_errors()
    def conflicts(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        return UniquenessCheck.of(patients, self.identifier_systems, self.database).conflicts(patients)

    @core_errors()
    def replace(self, before: Patient, after: Patient) -> None:
        stored = columns_of(before)
        changed = {name: value for name, value in columns_of(after).items() if value != stored[name]}
        with self._all_or_nothing(after):
            self._rows.filter(id=after.id).update(**changed)
            update_terms(before, after, self.database, lambda: self._merged_into(after.id))
            update_match_keys(before, after, self.database)
            if "merged_into" in changed:
                for survivor in filter(None, (before.merged_into, after.merged_into)):
                    rewrite_terms([self.get(survivor), *self._merged_into(survivor)], survivor, self.database)
            if changed.keys() & {"identifiers", "merged_into"}:
                models.Identifier.objects.using(self.database).filter(patient_id=after.id).delete()
                self._write_identifiers(after)
            if changed.keys() & _UNIQUE:
                self._ensure_free_of_merged([after])

    @core_errors()
    def remove(self, patient_id: UUID) -> None:
        rows = self._rows.filter(id=patient_id)
        with transaction.atomic(using=self.database):
            rows.select_for_update().exists()  # waits for rows that are about to refer to this one, to delete them too
            rows.delete()
            remove_match_keys(patient_id, self.database)

    @core_errors()
    def find(self, query: PatientQuery) -> PatientPage:
        rows = page_query(query, self.database)[: query.limit + 1]
        found = [patient_of(row) for row in select(rows, COLUMNS)]
        page = tuple(found[: query.limit])
        return PatientPage(page, PatientCursor.of(page[-1]) if len(found) > query.limit else None)

    @core_errors()
    def count(self, query: PatientQuery, most: int) -> int:
        return filter_patients(query, self.database)[:most].count()

    @property
    def _rows(self) -> QuerySet[models.Patient]:
        return models.Patient.objects.using(self.database)

    @property
    def _records(self) -> Rows:
        return columns_of_all(models.Patient, COLUMNS, self.database)

    def _merged_into(self, survivor: UUID) -> list[Patient]:
        return [patient_of(row) for row in select(self._records.filter(merged_into=survivor), COLUMNS)]

    def _to_scan(self, changed_since: datetime | None) -> QuerySet[models.Patient]:
        rows = self._rows.filter(merged_into=None)
        return rows if changed_since is None else rows.filter(updated_at__gte=changed_since)

    def _add_one_by_one(self, patients: Sequence[Patient]) -> dict[UUID, Conflict]:
        conflicts: dict[UUID, Conflict] = {}
        for patient in patients:
            try:
                self.add(patient)
            except Conflict as conflict:
                conflicts[patient.id] = conflict
        return conflicts

    def _insert(self, patients: Sequence[Patient]) -> None:
        rows = (columns_of(patient) for patient in patients)
        names = (*COLUMNS, "name")
        bulk_insert(models.Patient, names, ([row[name] for name in names] for row in rows), self.database)
        insert_match_keys(patients, self.database)
        insert_terms(patients, self.database)
        self._write_identifiers(*patients)
        self._ensure_free_of_merged(patients)

    def _ensure_free_of_merged(self, patients: Sequence[Patient]) -> None:
        """After the write: a record that another transaction has just merged is visible by now."""
        own = [patient for patient in patients if patient.merged_into is None]
        if merged_records_hold(own, self.identifier_systems, self.database):
            raise UniqueValueTaken

    def _write_identifiers(self, *patients: Patient) -> None:
        is_unique = self.identifier_systems.is_unique
        rows = (
            (patient.id, one.system, one.value, patient.merged_into is None and is_unique(one))
            for patient in patients
            for one in patient.identifiers
        )
        bulk_insert(models.Identifier, ("patient", "system", "value", "is_unique"), rows, self.database)

    @contextmanager
    def _all_or_nothing(self, patient: Patient) -> Generator[None]:
        """A conflict inside rolls back to this point and leaves the outer transaction usable."""
        try:
            with core_errors(), transaction.atomic(using=self.database):
                yield
        except Conflict as conflict:
            # databases report different constraints when several are violated
            conflicts = UniquenessCheck.of([patient], self.identifier_systems, self.database).conflicts([patient])
            raise conflicts.get(patient.id, conflict) from None
