from collections.abc import Callable

import pytest
from attrs import evolve

from bootstrap import Container
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, ExternalIdTaken, IdentifierTaken, PatientNotFound, UniqueValueTaken
from core.patients.ports import PatientRepository
from core.patients.values import Identifier
from tests.contracts.examples import person

pytestmark = pytest.mark.ports("patients", "atomic")

MRN, NATIONAL = Identifier("mrn", "7"), Identifier("national", "7")  # only the system `mrn` is unique
Store = Callable[[Patient], None]


@pytest.fixture
def patients(registry: Container) -> PatientRepository:
    """One patient has `p1@example.org`, `x1` and the MRN 7; the other has none of them."""
    patients = registry.patients()
    patients.add(person(1, identifiers=(MRN,)))
    patients.add(person(2))
    return patients


@pytest.fixture(params=["add", "replace"])
def store(request: pytest.FixtureRequest, registry: Container, patients: PatientRepository) -> Store:
    """Adds patient 3, or replaces patient 2 with its values."""

    def replace(after: Patient) -> None:
        before = patients.lock(person(2).id)
        patients.replace(before, evolve(after, id=before.id))

    if request.param == "add":
        return patients.add
    return lambda after: registry.atomic()(lambda: replace(after))


@pytest.mark.parametrize(
    ("taken", "error"),
    [
        ({"email": "p1@example.org"}, EmailTaken),
        ({"external_id": "x1"}, ExternalIdTaken),
        ({"identifiers": (NATIONAL, MRN)}, IdentifierTaken),
    ],
)
def test_a_value_of_another_patient_conflicts_with_its_holder_and_nothing_is_stored(
    patients: PatientRepository, store: Store, taken: dict[str, object], error: type[UniqueValueTaken]
) -> None:
    with pytest.raises(error) as conflict:
        store(person(3, last_name="King", **taken))
    assert conflict.value.holder == person(1).id
    assert patients.get(person(1).id) == person(1, identifiers=(MRN,))
    assert patients.get(person(2).id) == person(2)
    with pytest.raises(PatientNotFound):
        patients.get(person(3).id)
    store(person(3, last_name="King"))


def test_any_number_of_patients_may_have_no_external_id(patients: PatientRepository, store: Store) -> None:
    patients.add(person(4, external_id=None))
    store(person(3, external_id=None))
    patients.add(person(5, external_id=None))


@pytest.mark.parametrize(("ours", "theirs"), [(True, True), (True, False), (False, True)])
def test_an_email_belongs_to_several_patients_when_at_most_one_does_not_share_it(
    patients: PatientRepository, store: Store, ours: bool, theirs: bool
) -> None:
    patients.add(person(4, email="family@example.org", email_shared=theirs))
    store(person(3, email="family@example.org", email_shared=ours))
    patients.add(person(5, email="family@example.org", email_shared=True))
    if not (ours and theirs):
        with pytest.raises(EmailTaken):
            patients.add(person(6, email="family@example.org"))


def test_an_email_that_is_no_longer_shared_conflicts(registry: Container, patients: PatientRepository) -> None:
    def keep_to_oneself() -> None:
        before = patients.lock(person(3).id)
        patients.replace(before, evolve(before, email_shared=False))

    shared = person(3, email="p1@example.org", email_shared=True)
    patients.add(shared)
    with pytest.raises(EmailTaken):
        registry.atomic()(keep_to_oneself)
    assert patients.get(shared.id) == shared
    patients.remove(person(1).id)
    registry.atomic()(keep_to_oneself)


def test_any_number_of_patients_may_have_no_email(patients: PatientRepository, store: Store) -> None:
    patients.add(person(4, email=None))
    store(person(3, email=None))
    patients.add(person(5, email=None))


def test_several_patients_may_have_one_identifier_in_a_shared_system(patients: PatientRepository, store: Store) -> None:
    patients.add(person(4, identifiers=(NATIONAL,)))
    store(person(3, identifiers=(NATIONAL,)))
    with pytest.raises(IdentifierTaken):
        patients.add(person(5, identifiers=(MRN, NATIONAL)))


def test_conflicts_are_reported_in_the_order_email_external_id_identifier(
    patients: PatientRepository, store: Store
) -> None:
    with pytest.raises(EmailTaken):
        store(person(3, email="p1@example.org", external_id="x1", identifiers=(MRN,)))
    with pytest.raises(ExternalIdTaken):
        store(person(3, external_id="x1", identifiers=(MRN,)))


def test_the_order_of_conflicts_holds_across_owners(patients: PatientRepository) -> None:
    with pytest.raises(EmailTaken):
        patients.add(person(3, email="p2@example.org", identifiers=(MRN,)))
    with pytest.raises(EmailTaken):
        patients.add(person(3, email="p2@example.org", external_id="x1"))
    with pytest.raises(ExternalIdTaken):
        patients.add(person(3, external_id="x2", identifiers=(MRN,)))


def test_the_same_number_in_two_systems_is_two_identifiers(patients: PatientRepository, store: Store) -> None:
    store(person(3, identifiers=(NATIONAL,)))


@pytest.mark.parametrize(
    "near", [{"email": "p1@example.co"}, {"external_id": "X1"}, {"identifiers": (Identifier("MRN", "7"),)}]
)
def test_similar_values_do_not_conflict(patients: PatientRepository, store: Store, near: dict[str, object]) -> None:
    store(person(3, **near))


def test_a_value_that_a_patient_no_longer_has_can_be_reused(
    registry: Container, patients: PatientRepository, store: Store
) -> None:
    def give_up() -> None:
        before = patients.lock(person(1).id)
        patients.replace(before, evolve(before, email="new@example.org", external_id="new", identifiers=()))

    registry.atomic()(give_up)
    store(person(3, email="p1@example.org", external_id="x1", identifiers=(MRN,)))


def test_the_values_of_a_removed_patient_can_be_reused(patients: PatientRepository, store: Store) -> None:
    patients.remove(person(1).id)
    store(person(3, email="p1@example.org", external_id="x1", identifiers=(MRN,)))


def test_replacing_a_patient_does_not_conflict_with_itself(registry: Container, patients: PatientRepository) -> None:
    def rename() -> Patient:
        before = patients.lock(person(1).id)
        after = evolve(before, last_name="King", identifiers=(MRN, NATIONAL))
        patients.replace(before, after)
        return after

    assert registry.atomic()(rename) == patients.get(person(1).id)
