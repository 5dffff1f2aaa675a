from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import asdict, evolve
from hypothesis import given

from bootstrap import Container
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.patients.search import PatientQuery
from core.patients.values import Identifier
from core.ports import TransactionRequired
from core.sync.merge import UpstreamSnapshot
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import NOW

ANYBODY = PatientQuery()


@some
@given(patient=strategies.patients())
def test_who_is_added_is_got_back_in_every_field(fresh: Fresh, patient: Patient) -> None:
    patients = fresh().patients()
    patients.add(patient)
    assert patients.get(patient.id) == patient
    assert patients.find(ANYBODY).patients == (patient,)


@some
@given(before=strategies.patients(), other=strategies.patients())
def test_who_is_replaced_is_got_back_in_every_field(fresh: Fresh, before: Patient, other: Patient) -> None:
    registry = fresh()
    patients = registry.patients()
    patients.add(before)
    after = evolve(other, id=before.id, created_at=before.created_at)
    registry.atomic()(lambda: patients.replace(patients.lock(before.id), after))
    assert patients.get(before.id) == after
    assert registry.atomic()(lambda: patients.lock(before.id)) == after
    assert patients.find(ANYBODY).patients == (after,)


def test_what_is_got_back_is_of_the_same_types(registry: Container) -> None:
    patient = person(identifiers=(Identifier("mrn", "7"),), last_synced_at=NOW)
    registry.patients().add(patient)
    found = registry.patients().get(patient.id)
    for name, value in asdict(patient, recurse=False).items():
        assert type(getattr(found, name)) is type(value)
    assert found.created_at.utcoffset() == timedelta(0)


def test_a_patient_replaced_by_itself_stays(registry: Container) -> None:
    patients, patient = registry.patients(), person(identifiers=(Identifier("mrn", "7"),))
    patients.add(patient)
    registry.atomic()(lambda: patients.replace(patients.lock(patient.id), patient))
    assert patients.get(patient.id) == patient


def test_replacing_one_leaves_the_others(registry: Container) -> None:
    patients, one, other = registry.patients(), person(1), person(2)
    for patient in (one, other):
        patients.add(patient)
    renamed = evolve(one, last_name="King")
    registry.atomic()(lambda: patients.replace(patients.lock(one.id), renamed))
    assert patients.find(ANYBODY).patients == (other, renamed)
    assert patients.find(PatientQuery(words=(("byron",),))).patients == (other,)
    assert patients.find(PatientQuery(words=(("king",),))).patients == (renamed,)


def test_nobody_unknown_is_got_or_locked(registry: Container) -> None:
    patients = registry.patients()
    patients.add(person())
    with pytest.raises(PatientNotFound):
        patients.get(uuid4())
    with pytest.raises(PatientNotFound):
        registry.atomic()(lambda: patients.lock(uuid4()))


def test_a_lock_outside_atomic_is_refused(registry: Container) -> None:
    patient = person()
    registry.patients().add(patient)
    with pytest.raises(TransactionRequired):
        registry.patients().lock(patient.id)
    with pytest.raises(TransactionRequired):
        registry.patients().lock(uuid4())


def test_who_is_removed_takes_along_all_that_could_be_found_by(registry: Container) -> None:
    patients, snapshots = registry.patients(), registry.snapshots()
    gone, stays = person(1, identifiers=(Identifier("mrn", "7"),)), person(2)
    for patient in (gone, stays):
        patients.add(patient)
        snapshots.save({patient.id: UpstreamSnapshot("x7", {"last_name": "Byron"}, NOW)})
    patients.remove(gone.id)
    with pytest.raises(PatientNotFound):
        patients.get(gone.id)
    assert patients.find(PatientQuery(words=(("ada",),))).patients == (stays,)
    assert patients.find(PatientQuery(identifier=Identifier("mrn", "7"))).patients == ()
    assert snapshots.get(gone.id) is None
    assert snapshots.get(stays.id) is not None
    patients.add(evolve(gone, id=uuid4()))


def test_removing_who_is_not_there_is_harmless(registry: Container) -> None:
    registry.patients().remove(uuid4())
