from uuid import UUID, uuid4

import pytest
from attrs import evolve
from django.db import IntegrityError
from hypothesis import given

from bootstrap import Container
from core.patients.audit import Action, AuditEvent
from core.patients.entities import Patient
from core.patients.ports import AuditTrail
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import person
from tests.fakes import CLERK, NOW


def event(patient: Patient, version: int, before: Patient | None = None) -> AuditEvent:
    after = evolve(patient, version=version)
    return AuditEvent.of(Action.UPDATED, CLERK, NOW, f"salt {version}", before=before, after=after)


def versions(trail: AuditTrail, patient_id: UUID, before_version: int | None = None, limit: int = 50) -> list[int]:
    return [entry.version for entry in trail.history(patient_id, before_version=before_version, limit=limit)]


@some
@given(before=strategies.patients(), after=strategies.patients())
def test_history_returns_every_field_that_was_recorded(fresh: Fresh, before: Patient, after: Patient) -> None:
    trail = fresh().trail()
    first = AuditEvent.of(Action.REGISTERED, CLERK, before.created_at, "salt", before=None, after=before)
    second = event(evolve(after, id=uuid4()), 2**31 - 1, before)
    for recorded in (first, second):
        trail.record([recorded])
        (found,) = trail.history(recorded.patient_id, before_version=None, limit=50)
        assert found == recorded
        assert found.values is not None
        assert found.values.digest == found.digest


def test_an_event_without_values_is_returned_without_values(registry: Container) -> None:
    erased = AuditEvent.erased(CLERK, NOW, person())
    registry.trail().record([erased])
    assert registry.trail().history(person().id, before_version=None, limit=50) == (erased,)


def test_history_pages_through_the_events_of_one_patient_newest_first(registry: Container) -> None:
    trail = registry.trail()
    for version in (2, 1, 4, 3):
        trail.record([event(person(1), version)])
    trail.record([event(person(2), 1)])
    assert versions(trail, person(1).id) == [4, 3, 2, 1]
    assert versions(trail, person(1).id, limit=2) == [4, 3]
    assert versions(trail, person(1).id, before_version=3, limit=2) == [2, 1]
    assert versions(trail, person(1).id, before_version=1) == []
    assert versions(trail, person(2).id) == [1]


def test_before_version_may_be_any_number(registry: Container) -> None:
    registry.trail().record([event(person(), 1)])
    assert versions(registry.trail(), person().id, before_version=10**30) == [1]
    assert versions(registry.trail(), person().id, before_version=-(10**30)) == []


def test_the_history_of_an_unknown_patient_is_empty(registry: Container) -> None:
    assert versions(registry.trail(), uuid4()) == []


def test_events_outlive_their_patient(registry: Container) -> None:
    registry.patients().add(person())
    registry.trail().record([event(person(), 1)])
    registry.patients().remove(person().id)
    assert versions(registry.trail(), person().id) == [1]


def test_forget_values_removes_the_values_of_one_patient_and_keeps_the_events(registry: Container) -> None:
    trail = registry.trail()
    kept = [event(person(1), version) for version in (1, 2)]
    other = event(person(2), 1)
    for recorded in (*kept, other):
        trail.record([recorded])
    trail.forget_values(person(1).id)
    forgotten = trail.history(person(1).id, before_version=None, limit=50)
    assert forgotten == (evolve(kept[1], values=None), evolve(kept[0], values=None))
    assert trail.history(person(2).id, before_version=None, limit=50) == (other,)
    trail.forget_values(uuid4())


def test_a_version_has_only_one_event(registry: Container) -> None:
    registry.trail().record([event(person(), 2)])
    with pytest.raises((ValueError, IntegrityError)):
        registry.trail().record([event(person(), 2)])
