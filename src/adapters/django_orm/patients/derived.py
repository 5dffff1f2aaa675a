"""Values derived from a patient, each a row of a table that is looked up by value."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from attrs import frozen

from adapters.django_orm.db.bulk_insert import bulk_insert
from adapters.django_orm.patients import models
from adapters.django_orm.patients.matching import match_keys
from core.patients.entities import Patient
from core.patients.search_terms import search_terms


@frozen
class DerivedValues:
    """The table has the columns `patient` and `column`."""

    model: type[models.SearchTerm] | type[models.MatchKey]
    column: str
    values_of: Callable[[Patient], frozenset[object]]

    def insert(self, patients: Sequence[Patient], database: str) -> None:
        self._insert([(patient.id, self.values_of(patient)) for patient in patients], database)

    def update(
        self, before: Patient, after: Patient, database: str, merged: Callable[[], Sequence[Patient]] = tuple
    ) -> None:
        """The values of the `merged` records stay."""
        old, new = self.values_of(before), self.values_of(after)
        if old != new:
            others = frozenset[object]().union(*map(self.values_of, merged()))
            self._replace(after.id, old - others, new - others, database)

    def rewrite(self, patients: Sequence[Patient], patient_id: UUID, database: str) -> None:
        """Stores the values of these patients for one of them."""
        rows = self.model._default_manager.using(database).filter(patient_id=patient_id)
        old: frozenset[object] = frozenset(rows.values_list(self.column, flat=True))
        self._replace(patient_id, old, frozenset[object]().union(*map(self.values_of, patients)), database)

    def _replace(self, patient_id: UUID, old: frozenset[object], new: frozenset[object], database: str) -> None:
        if removed := old - new:
            rows = self.model._default_manager.using(database).filter(patient_id=patient_id)
            rows.filter((f"{self.column}__in", removed)).delete()
        if added := new - old:
            self._insert([(patient_id, added)], database)

    def _insert(self, values: Sequence[tuple[UUID, Collection[object]]], database: str) -> None:
        rows = ((patient_id, value) for patient_id, own in values for value in own)
        bulk_insert(self.model, ("patient", self.column), rows, database)


def _terms(patient: Patient) -> frozenset[bytes]:
    return frozenset(term.encode() for term in search_terms(patient))


SEARCH_TERMS = DerivedValues(models.SearchTerm, "term", _terms)
MATCH_KEYS = DerivedValues(models.MatchKey, "digest", match_keys)
