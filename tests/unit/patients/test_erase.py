from uuid import uuid4

import pytest

from bootstrap import Container
from core.errors import VersionMismatch
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from core.patients.values import Identifier
from tests.fakes import ADMIN, CLERK, READER, ScriptedGateway, details

ALL = details(phone="(201) 555-0123", external_id="x7", identifiers=[Identifier("mrn", "7")])


@pytest.fixture
def patient(registry: Container) -> Patient:
    """Registered, then updated once."""
    patient = registry.register_patient()(actor=CLERK, **ALL)
    return registry.update_patient()(actor=CLERK, patient_id=patient.id, first_name="Augusta")


def test_an_erased_patient_is_not_found(registry: Container, patient: Patient) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    with pytest.raises(PatientNotFound):
        registry.view_patient()(actor=ADMIN, patient_id=patient.id)
    assert registry.search_patients()(actor=ADMIN, q="augusta").patients == ()
    with pytest.raises(PatientNotFound):
        registry.erase_patient()(actor=ADMIN, patient_id=patient.id)


def test_erasing_frees_email_external_id_and_identifiers(registry: Container, patient: Patient) -> None:
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    assert registry.register_patient()(actor=CLERK, **ALL).id != patient.id


def test_the_history_keeps_its_events_without_values_and_erased_is_last(registry: Container, patient: Patient) -> None:
    before = registry.view_history()(actor=READER, patient_id=patient.id).events
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    last, *rest = registry.view_history()(actor=READER, patient_id=patient.id).events
    assert (last.action, last.actor, last.version) == (Action.ERASED, ADMIN.name, 3)
    assert [event.values for event in (last, *rest)] == [None, None, None]
    kept = [(event.version, event.action, event.fields, event.digest, event.actor, event.at) for event in before]
    assert [(event.version, event.action, event.fields, event.digest, event.actor, event.at) for event in rest] == kept


def test_erasing_one_leaves_the_values_of_others(registry: Container, patient: Patient) -> None:
    other = registry.register_patient()(actor=CLERK, **details(email="eve@example.org"))
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    (event,) = registry.view_history()(actor=READER, patient_id=other.id).events
    assert event.values is not None


def test_no_value_of_the_patient_remains_in_the_store(
    registry: Container, patient: Patient, gateway: ScriptedGateway
) -> None:
    gateway.answer = {"last_name": "King"}
    registry.sync_patient()(actor=CLERK, patient_id=patient.id)
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id)
    assert registry.snapshots().get(patient.id) is None
    assert (registry.store().patients, registry.store().snapshots) == ({}, {})
    assert {event.values for event in registry.store().audit_events.values()} == {None}


@pytest.mark.parametrize("status", ["active", "inactive", "archived"])
def test_a_patient_is_erased_in_any_status(registry: Container, status: str) -> None:
    patient = registry.register_patient()(actor=CLERK, **details(status=status))
    registry.erase_patient()(actor=ADMIN, patient_id=patient.id, expected_version=1)
    assert registry.search_patients()(actor=ADMIN).patients == ()


def test_a_changed_record_is_not_erased(registry: Container, patient: Patient) -> None:
    with pytest.raises(VersionMismatch):
        registry.erase_patient()(actor=ADMIN, patient_id=patient.id, expected_version=1)
    assert registry.view_patient()(actor=ADMIN, patient_id=patient.id) == patient
    assert len(registry.view_history()(actor=ADMIN, patient_id=patient.id).events) == 2


def test_erasing_an_unknown_patient_raises_not_found(registry: Container) -> None:
    with pytest.raises(PatientNotFound):
        registry.erase_patient()(actor=ADMIN, patient_id=uuid4())
    assert registry.store().audit_events == {}
