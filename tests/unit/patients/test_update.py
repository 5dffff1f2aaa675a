from datetime import timedelta
from uuid import uuid4

import pytest

from bootstrap import Container
from core.errors import ValidationError, VersionMismatch
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.errors import (
    EmailTaken,
    ExternalIdTaken,
    IdentifierTaken,
    PatientArchived,
    PatientNotFound,
    StatusMoveRefused,
)
from core.patients.values import Identifier
from tests.fakes import CLERK, NOW, READER, StillClock, anything, details


@pytest.fixture
def patient(registry: Container) -> Patient:
    return registry.register_patient()(actor=CLERK, **details())


def versions(registry: Container, patient: Patient) -> list[int]:
    return [event.version for event in registry.view_history()(actor=READER, patient_id=patient.id).events]


def test_an_update_changes_the_given_fields_and_records_an_event(
    registry: Container, patient: Patient, clock: StillClock
) -> None:
    clock.forward(timedelta(hours=1))
    after = registry.update_patient()(actor=CLERK, patient_id=patient.id, last_name="King", phone="(201) 555-0123")
    assert (after.first_name, after.last_name, after.phone) == ("Ada", "King", "+12015550123")
    assert (after.version, after.created_at, after.updated_at) == (2, NOW, clock.now())
    assert registry.view_patient()(actor=READER, patient_id=patient.id) == after
    event = registry.view_history()(actor=READER, patient_id=patient.id).events[0]
    assert (event.action, event.version, event.at, event.fields) == (
        Action.UPDATED,
        2,
        clock.now(),
        ("last_name", "phone"),
    )
    assert event.values is not None
    assert event.values.before == {"last_name": "Byron", "phone": None}


def test_an_update_without_changes_keeps_the_version_and_records_no_event(
    registry: Container, patient: Patient, clock: StillClock
) -> None:
    before = registry.view_history()(actor=READER, patient_id=patient.id)
    clock.forward(timedelta(hours=1))
    same = details(email="ADA@example.org", first_name=" Ada ")
    assert registry.update_patient()(actor=CLERK, patient_id=patient.id, **same) == patient
    assert registry.update_patient()(actor=CLERK, patient_id=patient.id) == patient
    assert registry.view_history()(actor=READER, patient_id=patient.id) == before


def test_an_update_of_an_outdated_version_is_refused(registry: Container, patient: Patient) -> None:
    update = registry.update_patient()
    update(actor=CLERK, patient_id=patient.id, expected_version=1, first_name="Augusta")
    for seen in (1, 3, 0):
        with pytest.raises(VersionMismatch):
            update(actor=CLERK, patient_id=patient.id, expected_version=seen, first_name="Eve")
    with pytest.raises(VersionMismatch):
        update(actor=CLERK, patient_id=patient.id, expected_version=1, first_name="Augusta")
    update(actor=CLERK, patient_id=patient.id, first_name="Ada")
    assert versions(registry, patient) == [3, 2, 1]


def test_a_refused_update_changes_nothing(registry: Container, patient: Patient) -> None:
    taken = {"email": "eve@example.org", "external_id": "x7", "identifiers": [Identifier("mrn", "7")]}
    other = registry.register_patient()(actor=CLERK, **details(**taken))
    update = registry.update_patient()
    with pytest.raises(EmailTaken) as refused:
        update(actor=CLERK, patient_id=patient.id, first_name="Eve", email="Eve@example.org")
    assert refused.value.holder == other.id
    with pytest.raises(ExternalIdTaken):
        update(actor=CLERK, patient_id=patient.id, first_name="Eve", external_id="x7")
    with pytest.raises(IdentifierTaken):
        update(actor=CLERK, patient_id=patient.id, first_name="Eve", identifiers=[Identifier("mrn", "7")])
    with pytest.raises(ValidationError):
        update(actor=CLERK, patient_id=patient.id, **anything(first_name="Eve", sex="f"))
    with pytest.raises(StatusMoveRefused):
        update(actor=CLERK, patient_id=patient.id, first_name="Eve", status="archived")
    assert registry.view_patient()(actor=READER, patient_id=patient.id) == patient
    assert versions(registry, patient) == [1]


def test_a_patient_may_keep_or_remove_its_unique_values(registry: Container, patient: Patient) -> None:
    update = registry.update_patient()
    update(actor=CLERK, patient_id=patient.id, external_id="x7", identifiers=[Identifier("mrn", "7")])
    update(actor=CLERK, patient_id=patient.id, external_id="x7", phone="(201) 555-0123")
    update(actor=CLERK, patient_id=patient.id, external_id="x8", identifiers=[], email="ada@example.com")
    given_up = {"external_id": "x7", "identifiers": [Identifier("mrn", "7")]}
    registry.register_patient()(actor=CLERK, **details(**given_up))


def test_a_phone_can_be_removed(registry: Container, patient: Patient) -> None:
    update = registry.update_patient()
    update(actor=CLERK, patient_id=patient.id, phone="(201) 555-0123")
    assert update(actor=CLERK, patient_id=patient.id, phone=None).phone is None


def test_an_archived_patient_is_made_inactive_before_it_is_changed(registry: Container, patient: Patient) -> None:
    update = registry.update_patient()
    for status in ("inactive", "archived"):
        update(actor=CLERK, patient_id=patient.id, status=status)
    with pytest.raises(PatientArchived):
        update(actor=CLERK, patient_id=patient.id, first_name="Eve")
    with pytest.raises(StatusMoveRefused):
        update(actor=CLERK, patient_id=patient.id, status="active")
    update(actor=CLERK, patient_id=patient.id, status="inactive")
    assert update(actor=CLERK, patient_id=patient.id, first_name="Eve").version == 5


def test_updating_an_unknown_patient_raises_not_found(registry: Container) -> None:
    with pytest.raises(PatientNotFound):
        registry.update_patient()(actor=CLERK, patient_id=uuid4(), first_name="Eve")
    with pytest.raises(PatientNotFound):
        registry.view_patient()(actor=CLERK, patient_id=uuid4())
