"""The stored search terms of patients, each a row."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.patients import models
from core.patients.entities import Patient
from core.patients.search_terms import search_terms


def insert_terms(patients: Sequence[Patient], database: str) -> None:
    _insert([(patient.id, _terms_of(patient)) for patient in patients], database)


def update_terms(before: Patient, after: Patient, database: str, merged: Callable[[], Sequence[Patient]]) -> None:
    """The terms of the `merged` records stay."""
    old, new = _terms_of(before), _terms_of(after)
    if old != new:
        others = frozenset[bytes]().union(*map(_terms_of, merged()))
        _replace(after.id, old - others, new - others, database)


def rewrite_terms(patients: Sequence[Patient], patient_id: UUID, database: str) -> None:
    """Stores the terms of these patients for one of them."""
    rows = models.SearchTerm.objects.using(database).filter(patient_id=patient_id)
    old = frozenset(map(bytes, rows.values_list("term", flat=True)))
    _replace(patient_id, old, frozenset[bytes]().union(*map(_terms_of, patients)), database)


def _replace(patient_id: UUID, old: frozenset[bytes], new: frozenset[bytes], database: str) -> None:
    if removed := old - new:
        models.SearchTerm.objects.using(database).filter(patient_id=patient_id, term__in=removed).delete()
    if added := new - old:
        _insert([(patient_id, added)], database)


def _insert(terms: Sequence[tuple[UUID, Collection[bytes]]], database: str) -> None:
    rows = ((patient_id, term) for patient_id, own in terms for term in own)
    bulk_insert(models.SearchTerm, ("patient", "term"), rows, database)


def _terms_of(patient: Patient) -> frozenset[bytes]:
    return frozenset(term.encode() for term in search_terms(patient))
