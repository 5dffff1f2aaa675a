from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import asdict, evolve
from hypothesis import given

from bootstrap import Container
from core.patients.dates import PartialDate
from core.patients.demographics import Address, AddressUse, Contact, NameUse, OtherName, OtherPhone, PhoneUse
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.patients.values import Identifier, Sex, Status
from core.ports import TransactionRequired
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import NOW

pytestmark = pytest.mark.ports("patients", "atomic")

FULL = person(
    first_name="Ada",
    middle_name="Augusta",
    last_name="Lovelace",
    prefix="Countess",
    suffix="II",
    other_names=(OtherName(use=NameUse.MAIDEN, last_name="Byron"),),
    email_shared=True,
    phone="+442079460958",
    other_phones=(OtherPhone(use=PhoneUse.WORK, value="+12015550123"),),
    date_of_birth=PartialDate("1985-12"),
    date_of_birth_estimated=True,
    deceased=PartialDate("2025"),
    sex=Sex.FEMALE,
    language="en-GB",
    addresses=(
        Address(use=AddressUse.WORK, lines=("12 St James's Square", "Flat 2"), city="London", country="GB"),
        Address(district="Nord", state="NRW", postal_code="45127"),
    ),
    contacts=(Contact(relationship="mother", name="Anne", phone="+442079460959", email="anne@example.org"),),
    identifiers=(Identifier("mrn", "7"), Identifier("national", "8")),
    status=Status.INACTIVE,
    version=3,
    last_synced_at=NOW,
)
BARE = Patient(id=FULL.id, last_name="Byron", created_at=NOW, updated_at=NOW)


@some
@given(patient=strategies.patients())
def test_get_returns_every_field_that_was_added(fresh: Fresh, patient: Patient) -> None:
    patients = fresh().patients()
    patients.add(patient)
    assert patients.get(patient.id) == patient


@some
@given(before=strategies.patients(), other=strategies.patients())
def test_get_and_lock_return_every_field_that_was_replaced(fresh: Fresh, before: Patient, other: Patient) -> None:
    registry = fresh()
    patients = registry.patients()
    patients.add(before)
    after = evolve(other, id=before.id, created_at=before.created_at)
    registry.atomic()(lambda: patients.replace(patients.lock(before.id), after))
    assert patients.get(before.id) == after
    assert registry.atomic()(lambda: patients.lock(before.id)) == after


def test_get_returns_the_types_that_were_added(registry: Container) -> None:
    registry.patients().add(FULL)
    found = registry.patients().get(FULL.id)
    for name, value in asdict(FULL, recurse=False).items():
        assert type(getattr(found, name)) is type(value)
    assert found.created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "changes",
    [{}, {"deceased": True}, {"deceased": False}, {"date_of_birth": None}, {"first_name": None}, {"last_name": None}],
)
def test_a_full_patient_is_returned_as_it_was_added(registry: Container, changes: dict[str, object]) -> None:
    patient = evolve(FULL, **changes)
    registry.patients().add(patient)
    assert registry.patients().get(patient.id) == patient


@pytest.mark.parametrize(("before", "after"), [(FULL, BARE), (BARE, FULL)], ids=["emptied", "filled"])
def test_every_field_can_be_emptied_and_filled(registry: Container, before: Patient, after: Patient) -> None:
    patients = registry.patients()
    patients.add(before)
    registry.atomic()(lambda: patients.replace(patients.lock(before.id), after))
    assert patients.get(before.id) == after


def test_replacing_a_patient_by_itself_changes_nothing(registry: Container) -> None:
    patients, patient = registry.patients(), person(identifiers=(Identifier("mrn", "7"),))
    patients.add(patient)
    registry.atomic()(lambda: patients.replace(patients.lock(patient.id), patient))
    assert patients.get(patient.id) == patient


def test_replace_leaves_the_other_patients(registry: Container) -> None:
    patients, replaced, other = registry.patients(), person(1), person(2)
    for patient in (replaced, other):
        patients.add(patient)
    renamed = evolve(replaced, last_name="King")
    registry.atomic()(lambda: patients.replace(patients.lock(replaced.id), renamed))
    assert (patients.get(replaced.id), patients.get(other.id)) == (renamed, other)


def test_get_and_lock_raise_for_an_unknown_patient(registry: Container) -> None:
    patients = registry.patients()
    patients.add(person())
    with pytest.raises(PatientNotFound):
        patients.get(uuid4())
    with pytest.raises(PatientNotFound):
        registry.atomic()(lambda: patients.lock(uuid4()))


def test_lock_outside_atomic_is_refused(registry: Container) -> None:
    patient = person()
    registry.patients().add(patient)
    with pytest.raises(TransactionRequired):
        registry.patients().lock(patient.id)
    with pytest.raises(TransactionRequired):
        registry.patients().lock(uuid4())


def test_remove_leaves_the_other_patients(registry: Container) -> None:
    patients, removed, other = registry.patients(), person(1, identifiers=(Identifier("mrn", "7"),)), person(2)
    for patient in (removed, other):
        patients.add(patient)
    patients.remove(removed.id)
    with pytest.raises(PatientNotFound):
        patients.get(removed.id)
    assert patients.get(other.id) == other


def test_remove_ignores_an_unknown_patient(registry: Container) -> None:
    registry.patients().remove(uuid4())
