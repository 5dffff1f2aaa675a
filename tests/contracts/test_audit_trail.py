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
    return [told.version for told in trail.history(patient_id, before_version=before_version, limit=limit)]


@some
@given(before=strategies.patients(), after=strategies.patients())
def test_what_is_recorded_is_told_again_in_every_field(fresh: Fresh, before: Patient, after: Patient) -> None:
    trail = fresh().trail()
    first = AuditEvent.of(Action.REGISTERED, CLERK, before.created_at, "salt", before=None, after=before)
    second = event(evolve(after, id=uuid4()), 2**31 - 1, before)
    for told in (first, second):
        trail.record([told])
        (found,) = trail.history(told.patient_id, before_version=None, limit=50)
        assert found == told
        assert found.values is not None
        assert found.values.digest == found.digest


def test_an_event_without_values_is_told_without(registry: Container) -> None:
    erased = AuditEvent.erased(CLERK, NOW, person())
    registry.trail().record([erased])
    assert registry.trail().history(person().id, before_version=None, limit=50) == (erased,)


def test_a_history_is_newest_first_a_page_at_a_time_and_of_one_patient(registry: Container) -> None:
    trail = registry.trail()
    for version in (2, 1, 4, 3):
        trail.record([event(person(1), version)])
    trail.record([event(person(2), 1)])
    assert versions(trail, person(1).id) == [4, 3, 2, 1]
    assert versions(trail, person(1).id, limit=2) == [4, 3]
    assert versions(trail, person(1).id, before_version=3, limit=2) == [2, 1]
    assert versions(trail, person(1).id, before_version=1) == []
    assert versions(trail, person(2).id) == [1]


def test_any_number_is_a_version_to_go_on_before(registry: Container) -> None:
    registry.trail().record([event(person(), 1)])
    assert versions(registry.trail(), person().id, before_version=10**30) == [1]
    assert versions(registry.trail(), person().id, before_version=-(10**30)) == []


def test_a_history_of_nobody_is_empty(registry: Container) -> None:
    assert versions(registry.trail(), uuid4()) == []


def test_a_trail_needs_no_patient_and_outlives_one(registry: Container) -> None:
    registry.patients().add(person())
    registry.trail().record([event(person(), 1)])
    registry.patients().remove(person().id)
    assert versions(registry.trail(), person().id) == [1]


def test_forgetting_removes_the_values_of_one_patient_and_leaves_the_events(registry: Container) -> None:
    trail = registry.trail()
    kept = [event(person(1), version) for version in (1, 2)]
    other = event(person(2), 1)
    for told in (*kept, other):
        trail.record([told])
    trail.forget_values(person(1).id)
    forgotten = trail.history(person(1).id, before_version=None, limit=50)
    assert forgotten == (evolve(kept[1], values=None), evolve(kept[0], values=None))
    assert trail.history(person(2).id, before_version=None, limit=50) == (other,)
    trail.forget_values(uuid4())


def test_a_version_has_one_event(registry: Container) -> None:
    registry.trail().record([event(person(), 2)])
    with pytest.raises((ValueError, IntegrityError)):
        registry.trail().record([event(person(), 2)])
