import pytest

from bootstrap import Container
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken
from core.patients.values import Identifier
from tests.contracts.examples import person

pytestmark = pytest.mark.ports("patients", "patients_for_import")

MRN = Identifier("mrn", "7")
NEW = [
    person(2),
    person(3, email="p1@example.org"),
    person(4, external_id="x2"),
    person(5, identifiers=(MRN,)),
    person(6, external_id=None),
    person(7, external_id=None),
]
CONFLICTS = {person(3).id: EmailTaken, person(4).id: ExternalIdTaken, person(5).id: IdentifierTaken}


def test_add_all_adds_the_patients_without_a_conflict(registry: Container) -> None:
    patients = registry.patients_for_import()
    registry.patients().add(person(1, identifiers=(MRN,)))
    conflicts = patients.add_all(NEW)
    assert {patient_id: type(conflict) for patient_id, conflict in conflicts.items()} == CONFLICTS
    assert patients.get_all([patient.id for patient in NEW]) == (NEW[0], NEW[4], NEW[5])


def test_conflicts_are_those_of_add_all_and_nothing_is_added(registry: Container) -> None:
    patients = registry.patients_for_import()
    registry.patients().add(person(1, identifiers=(MRN,)))
    conflicts = patients.conflicts(NEW)
    assert {patient_id: type(conflict) for patient_id, conflict in conflicts.items()} == CONFLICTS
    assert patients.get_all([patient.id for patient in NEW]) == ()


def test_rows_may_share_an_email_and_an_identifier_of_a_shared_system(registry: Container) -> None:
    patients = registry.patients_for_import()
    one = Identifier("national", "7")
    new = [person(number, email="p@example.org", email_shared=number > 1, identifiers=(one,)) for number in (1, 2, 3)]
    assert patients.conflicts(new) == {}
    assert patients.add_all(new) == {}
    assert patients.get_all([patient.id for patient in new]) == tuple(new)
    other = person(4, email="p@example.org")
    assert {type(conflict) for conflict in patients.add_all([other]).values()} == {EmailTaken}


def test_a_conflict_of_an_email_names_the_holder(registry: Container) -> None:
    registry.patients().add(person(1))
    conflict = registry.patients_for_import().conflicts([person(3, email="p1@example.org")])[person(3).id]
    assert isinstance(conflict, EmailTaken)
    assert conflict.holder == person(1).id
