"""Search terms are kept up to date with their patients."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from adapters.django_orm.patients import models
from bootstrap import Container
from core.patients.entities import Patient
from core.patients.search_terms import search_terms
from core.patients.values import Identifier
from tests.contracts.conftest import POSTGRES, SQLITE
from tests.contracts.examples import person

pytestmark = pytest.mark.parametrize("database", [SQLITE, POSTGRES])

ADA = person(1, phone="+12015550123", identifiers=(Identifier("mrn", "AB 12"),))
WANG = person(2, first_name="小明", last_name="王", external_id=None)


def stored(database: str) -> set[tuple[object, bytes]]:
    rows = models.SearchTerm.objects.using(database).values_list("patient_id", "term")
    return {(patient_id, bytes(term)) for patient_id, term in rows}


def expected(*patients: Patient) -> set[tuple[object, bytes]]:
    return {(patient.id, term.encode()) for patient in patients for term in search_terms(patient)}


def test_updating_a_patient_replaces_only_the_changed_terms(registry: Container, database: str) -> None:
    patients = registry.patients()
    registry.patients_for_import().add_all([ADA, WANG])
    assert stored(database) == expected(ADA, WANG)
    after = person(1, last_name="King", external_id=None)
    registry.atomic()(lambda: patients.replace(patients.lock(ADA.id), after))
    assert stored(database) == expected(after, WANG)
    with CaptureQueriesContext(connections[database]) as captured:
        registry.atomic()(lambda: patients.replace(after, person(1, last_name="King", external_id=None, version=2)))
    assert "searchterm" not in str(captured.captured_queries)


def test_removing_a_patient_removes_its_terms(registry: Container, database: str) -> None:
    registry.patients_for_import().add_all([ADA, WANG])
    registry.patients().remove(ADA.id)
    assert stored(database) == expected(WANG)
