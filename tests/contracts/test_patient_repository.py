from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import asdict, evolve
from hypothesis import given

from bootstrap import Container
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.patients.values import Identifier
from core.ports import TransactionRequired
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import NOW

pytestmark = pytest.mark.ports("patients", "atomic")


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
    patient = person(identifiers=(Identifier("mrn", "7"),), last_synced_at=NOW)
    registry.patients().add(patient)
    found = registry.patients().get(patient.id)
    for name, value in asdict(patient, recurse=False).items():
        assert type(getattr(found, name)) is type(value)
    assert found.created_at.utcoffset() == timedelta(0)


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


def test_get_and_lock_refuse_an_unknown_patient(registry: Container) -> None:
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
