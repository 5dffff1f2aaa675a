from uuid import uuid4

import pytest

from bootstrap import Container
from core.errors import ValidationError
from core.patients.entities import Patient
from core.patients.errors import PatientNotFound
from tests.fakes import CLERK, READER, details


@pytest.fixture
def patient(registry: Container) -> Patient:
    """With five versions."""
    patient = registry.register_patient()(actor=CLERK, **details())
    for name in "BCDE":
        patient = registry.update_patient()(actor=CLERK, patient_id=patient.id, first_name=name)
    return patient


def test_the_history_is_newest_first(registry: Container, patient: Patient) -> None:
    page = registry.view_history()(actor=READER, patient_id=patient.id)
    assert [event.version for event in page.events] == [5, 4, 3, 2, 1]
    assert page.next is None


def test_the_history_is_read_a_page_at_a_time(registry: Container, patient: Patient) -> None:
    history = registry.view_history()
    first = history(actor=READER, patient_id=patient.id, limit=2)
    second = history(actor=READER, patient_id=patient.id, limit=2, before_version=first.next)
    third = history(actor=READER, patient_id=patient.id, limit=1, before_version=second.next)
    pages = (first, second, third)
    assert [[event.version for event in page.events] for page in pages] == [[5, 4], [3, 2], [1]]
    assert [page.next for page in pages] == [4, 2, None]


def test_each_event_has_its_own_salt(registry: Container, patient: Patient) -> None:
    events = registry.view_history()(actor=READER, patient_id=patient.id).events
    assert len({event.values.salt for event in events if event.values}) == 5


def test_an_unknown_patient_has_no_history(registry: Container, patient: Patient) -> None:
    with pytest.raises(PatientNotFound):
        registry.view_history()(actor=READER, patient_id=uuid4())
    assert registry.view_history()(actor=READER, patient_id=patient.id, before_version=1).events == ()


@pytest.mark.parametrize("limit", [0, 201])
def test_an_invalid_limit_is_refused(registry: Container, patient: Patient, limit: int) -> None:
    with pytest.raises(ValidationError):
        registry.view_history()(actor=READER, patient_id=patient.id, limit=limit)
