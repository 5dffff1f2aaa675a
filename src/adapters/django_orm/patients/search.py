"""Queries as the database has them, each of whose filters and orders an index carries."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from attrs import asdict
from django.db.models import Q, QuerySet

from adapters.django_orm.patients import models
from core.patients.errors import CursorGone
from core.patients.search import PatientQuery, Sort
from core.patients.search_terms import Prefixes
from core.patients.values import Identifier

_LOOKUPS = {
    "ids": "id__in",
    "status": "status",
    "sex": "sex",
    "email": "email",
    "phone": "phone",
    "date_of_birth": "date_of_birth",
    "born_after": "date_of_birth__gt",
    "born_before": "date_of_birth__lt",
    "external_id": "external_id",
    "created_after": "created_at__gt",
    "created_before": "created_at__lt",
    "updated_after": "updated_at__gt",
}


def matching(query: PatientQuery, database: str) -> QuerySet[models.Patient]:
    rows = models.Patient.objects.using(database)
    for prefixes in query.words:
        rows = rows.filter(id__in=_ids_by_term(prefixes, database))
    if query.identifier is not None:
        rows = rows.filter(id__in=_ids_by_identifier(query.identifier, database))
    for name, lookup in _LOOKUPS.items():
        if (value := getattr(query, name)) is not None:
            rows = rows.filter((lookup, value))
    if query.created_after is not None:
        rows = rows.filter(id__gte=_first_id_at(query.created_after))
    if query.created_before is not None:
        rows = rows.filter(id__lt=_first_id_after(query.created_before))
    return rows


def page_of(query: PatientQuery, database: str) -> QuerySet[models.Patient]:
    """Those from the place on where the page begins, in order. Raises `CursorGone` when the place is lost."""
    rows = matching(query, database).order_by(*_order(query.sort))
    if query.after is None:
        return rows
    beyond, tie = ("lt", "gt") if query.sort.descending else ("gt", "lt")
    if query.sort.by == "created_at":
        return rows.filter((f"id__{beyond}", query.after.id))
    held = models.Patient.objects.using(database).filter(id=query.after.id, version=query.after.version)
    last = held.values_list(query.sort.by, flat=True).first()
    if last is None:
        raise CursorGone
    rows = rows.filter((f"{query.sort.by}__{beyond}e", last))  # what the index is searched for
    return rows.filter(Q((f"{query.sort.by}__{beyond}", last)) | Q((f"id__{tie}", query.after.id)))


def _order(sort: Sort) -> tuple[str, ...]:
    if sort.by == "created_at":
        return ("-id" if sort.descending else "id",)
    return (f"-{sort.by}", "id") if sort.descending else (sort.by, "-id")


def _ids_by_term(prefixes: Prefixes, database: str) -> QuerySet[models.SearchTerm, dict[str, UUID]]:
    begins = reduce(or_, (Q(term__gte=start, term__lt=end) for start, end in map(_span, prefixes)))
    return models.SearchTerm.objects.using(database).filter(begins).values("patient_id")


def _span(prefix: str) -> tuple[bytes, bytes]:
    """What begins with the prefix is from the one to before the other."""
    start = prefix.encode()
    return start, start[:-1] + bytes([start[-1] + 1])


def _ids_by_identifier(identifier: Identifier | str, database: str) -> QuerySet[models.Identifier, dict[str, UUID]]:
    held = {"value": identifier} if isinstance(identifier, str) else asdict(identifier)
    return models.Identifier.objects.using(database).filter(**held).values("patient_id")


def _first_id_at(instant: datetime) -> UUID:
    """Ids begin with the milliseconds at which the patient was created, so that a span of time is a range of ids."""
    return UUID(int=_milliseconds(instant) << 80)


def _first_id_after(instant: datetime) -> UUID:
    return UUID(int=(_milliseconds(instant) + 1) << 80)


def _milliseconds(instant: datetime) -> int:
    return max(0, (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))
