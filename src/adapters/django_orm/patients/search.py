"""Search queries. Every filter and sort order uses an index."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from attrs import asdict
from django.db.models import Q, QuerySet

from adapters.django_orm.db.binary import Rows, columns_of_all
from adapters.django_orm.patients import models
from adapters.django_orm.patients.rows import COLUMNS
from core.patients.dates import first_of
from core.patients.errors import CursorGone
from core.patients.search import MAX_COUNT, PatientQuery, Sort
from core.patients.search_terms import Prefixes
from core.patients.values import Identifier

PatientRows = TypeVar("PatientRows", QuerySet[models.Patient], Rows)

_LOOKUPS = {
    "ids": "id__in",
    "status": "status",
    "sex": "sex",
    "created_after": "created_at__gt",
    "created_before": "created_at__lt",
    "updated_after": "updated_at__gt",
}


def filter_patients(query: PatientQuery, database: str) -> QuerySet[models.Patient]:
    return _filter(models.Patient.objects.using(database), query)


def _filter(rows: PatientRows, query: PatientQuery) -> PatientRows:
    if not query.includes_merged:
        rows = rows.filter(merged_into=None)
    for prefixes in query.words:
        rows = rows.filter(id__in=_ids_by_term(prefixes, rows.db))
    for name, lookup in _LOOKUPS.items():
        if (value := getattr(query, name)) is not None:
            rows = rows.filter((lookup, value))
    for condition in _numbers(query, rows.db):
        rows = rows.filter(_has(condition, query, rows.db))
    return _filter_dates(rows, query)


def _filter_dates(rows: PatientRows, query: PatientQuery) -> PatientRows:
    if query.date_of_birth is not None:  # a range of texts, which uses the index
        born = query.date_of_birth.iso
        rows = rows.filter(date_of_birth__gte=born, date_of_birth__lt=f"{born}:")
    if query.born_after is not None:
        rows = rows.filter(date_of_birth__gt=query.born_after.isoformat())
    if query.born_before is not None:
        # not `date_of_birth__gt=""`: SQLite takes a range with two ends for a small one, and sorts all of it
        rows = rows.filter(date_of_birth__lt=first_of(query.born_before).iso).exclude(date_of_birth="")
    if query.created_after is not None:
        rows = rows.filter(id__gte=first_id_at(query.created_after))
    if query.created_before is not None:
        rows = rows.filter(id__lt=_first_id_after(query.created_before))
    return rows


def _numbers(query: PatientQuery, database: str) -> Iterator[Q]:
    if query.identifier is not None:
        yield Q(id__in=_ids_by_identifier(query.identifier, database))
    for name in ("email", "phone", "external_id"):
        if (value := getattr(query, name)) is not None:
            yield Q((name, value))


def _has(condition: Q, query: PatientQuery, database: str) -> Q:
    """Patients with the value, and the survivors of merged records with the value."""
    if query.includes_merged:
        return condition
    merged = models.Patient.objects.using(database).filter(condition, merged_into__isnull=False)
    survivors = list(merged.values_list("merged_into", flat=True)[:MAX_COUNT])
    return condition | Q(id__in=survivors) if survivors else condition


def page_query(query: PatientQuery, database: str) -> Rows:
    """The sorted patients after the cursor. Raises `CursorGone` when its patient has changed or is erased."""
    rows = _filter(columns_of_all(models.Patient, COLUMNS, database), query).order_by(*_order(query.sort))
    if query.after is None:
        return rows
    beyond, tie = ("lt", "gt") if query.sort.descending else ("gt", "lt")
    if query.sort.field == "created_at":
        return rows.filter((f"id__{beyond}", query.after.id))
    cursor_row = models.Patient.objects.using(database).filter(id=query.after.id, version=query.after.version)
    last = cursor_row.values_list(query.sort.field, flat=True).first()
    if last is None:
        raise CursorGone
    rows = rows.filter((f"{query.sort.field}__{beyond}e", last))  # redundant, but lets the database use the index
    return rows.filter(Q((f"{query.sort.field}__{beyond}", last)) | Q((f"id__{tie}", query.after.id)))


def _order(sort: Sort) -> tuple[str, ...]:
    if sort.field == "created_at":
        return ("-id" if sort.descending else "id",)
    return (f"-{sort.field}", "id") if sort.descending else (sort.field, "-id")


def _ids_by_term(prefixes: Prefixes, database: str) -> QuerySet[models.SearchTerm, dict[str, UUID]]:
    starts_with = reduce(or_, (Q(term__gte=start, term__lt=end) for start, end in map(_prefix_range, prefixes)))
    return models.SearchTerm.objects.using(database).filter(starts_with).values("patient_id")


def _prefix_range(prefix: str) -> tuple[bytes, bytes]:
    """Terms with the prefix are at least the first and less than the second."""
    start = prefix.encode()
    return start, start[:-1] + bytes([start[-1] + 1])


def _ids_by_identifier(identifier: Identifier | str, database: str) -> QuerySet[models.Identifier, dict[str, UUID]]:
    filters = {"value": identifier} if isinstance(identifier, str) else asdict(identifier)
    return models.Identifier.objects.using(database).filter(**filters).values("patient_id")


def first_id_at(instant: datetime) -> UUID:
    """The first 48 bits of an id are the creation time in milliseconds, so a period of time is a range of ids."""
    return UUID(int=_milliseconds(instant) << 80)


def _first_id_after(instant: datetime) -> UUID:
    return UUID(int=(_milliseconds(instant) + 1) << 80)


def _milliseconds(instant: datetime) -> int:
    return max(0, (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))
