from datetime import timedelta

import pytest

from bootstrap import Container
from core.patients.audit import Action
from core.patients.entities import Patient
from core.sync.merge import SyncOutcome
from tests.fakes import CLERK, NOW, READER, ScriptedGateway, StillClock
from tests.unit.patients.conftest import Sync


def test_upstream_is_asked_once_for_the_external_id_with_the_callers_request_id(
    sync: Sync, gateway: ScriptedGateway
) -> None:
    sync({})
    assert gateway.asked == [("x7", CLERK.request_id)]


def test_what_upstream_says_is_applied_in_its_normal_form(
    registry: Container, ada: Patient, sync: Sync, clock: StillClock, gateway: ScriptedGateway
) -> None:
    gateway.meanwhile = lambda: clock.forward(timedelta(seconds=3))
    result = sync({"last_name": " King", "email": "A.King@Example.org", "phone": "(201) 555-0123"})
    after = result.patient
    assert (after.first_name, after.last_name, after.email) == ("Ada", "King", "a.king@example.org")
    assert (after.phone, after.date_of_birth) == ("+12015550123", ada.date_of_birth)
    assert (after.version, after.last_synced_at, after.updated_at) == (2, NOW, clock.now())
    assert (result.outcome, result.stale, result.conflicts) == (SyncOutcome.UPDATED, False, ())
    assert (result.fetched_at, result.age) == (NOW, timedelta(seconds=3))
    assert registry.view_patient()(actor=READER, patient_id=ada.id) == after


def test_an_update_by_upstream_leaves_an_event(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"last_name": "King", "first_name": "Ada"})
    event = registry.view_history()(actor=READER, patient_id=ada.id).events[0]
    assert (event.action, event.actor, event.version, event.fields) == (Action.SYNCED, CLERK.name, 2, ("last_name",))


def test_a_sync_that_changes_nothing_moves_last_synced_at_and_nothing_else(
    registry: Container, ada: Patient, sync: Sync, clock: StillClock
) -> None:
    clock.forward(timedelta(hours=1))
    result = sync({"first_name": "Ada", "email": "ADA@example.org"})
    assert (result.outcome, result.stale, result.conflicts) == (SyncOutcome.UNCHANGED, False, ())
    assert (result.patient.version, result.patient.updated_at) == (1, NOW)
    assert result.patient.last_synced_at == result.fetched_at == clock.now()
    assert registry.view_patient()(actor=READER, patient_id=ada.id) == result.patient
    assert len(registry.view_history()(actor=READER, patient_id=ada.id).events) == 1


def test_the_same_answer_twice_changes_nothing_the_second_time(sync: Sync, clock: StillClock) -> None:
    answer = {"last_name": "King", "phone": "(201) 555-0123"}
    first = sync(answer)
    clock.forward(timedelta(hours=1))
    second = sync(answer)
    assert (first.outcome, second.outcome) == (SyncOutcome.UPDATED, SyncOutcome.UNCHANGED)
    assert second.patient.version == first.patient.version


def test_a_local_correction_stands_until_upstream_changes_that_field(
    registry: Container, ada: Patient, sync: Sync
) -> None:
    sync({"first_name": "Ana", "last_name": "King"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Ada")
    assert sync({"first_name": "Ana", "last_name": "King"}).patient.first_name == "Ada"
    assert sync({"first_name": "Ana", "last_name": "Queen"}).patient.full_name == "Ada Queen"
    changed = sync({"first_name": "Anna", "last_name": "Prince"})
    assert (changed.patient.full_name, changed.conflicts) == ("Ada Prince", ("first_name",))
    again = sync({"first_name": "Anna", "last_name": "Prince"})
    assert (again.outcome, again.conflicts) == (SyncOutcome.UNCHANGED, ())


def test_a_field_that_upstream_adopted_from_us_is_no_conflict(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"first_name": "Ana"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Ada")
    assert sync({"first_name": "Ada"}).conflicts == ()
    assert sync({"first_name": "Augusta"}).patient.first_name == "Augusta"


def test_what_upstream_leaves_out_or_gives_as_null_or_blank_stays_and_stays_its_last_word(
    registry: Container, ada: Patient, sync: Sync
) -> None:
    sync({"phone": "+12015550123"})
    for answer in ({}, {"phone": None}, {"phone": ""}, {"phone": "  ", "last_name": ""}):
        assert sync(answer).patient.phone == "+12015550123"
    registry.update_patient()(actor=CLERK, patient_id=ada.id, phone="+12015550199")
    result = sync({"phone": "+12015550123"})
    assert (result.patient.phone, result.conflicts) == ("+12015550199", ())


def test_upstreams_other_fields_change_nothing(ada: Patient, sync: Sync) -> None:
    result = sync(
        {
            "id": "00000000-0000-7000-8000-000000000000",
            "status": "archived",
            "version": 99,
            "external_id": "x8",
            "sex": "male",
            "identifiers": [{"system": "mrn", "value": "7"}],
            "created_at": "2001-01-01T00:00:00Z",
            "last_synced_at": None,
            "allergies": ["penicillin"],
        }
    )
    assert result.outcome is SyncOutcome.UNCHANGED
    assert result.patient.to_json() == ada.to_json()
    assert (result.patient.id, result.patient.version, result.patient.created_at) == (ada.id, 1, NOW)


def test_only_the_five_fields_of_an_answer_are_kept(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"last_name": "King", "allergies": ["penicillin"], "sex": "male"})
    copy = registry.snapshots().get(ada.id)
    assert copy is not None
    assert (copy.external_id, copy.values, copy.requested_at) == ("x7", {"last_name": "King"}, NOW)


def test_under_a_new_external_id_upstream_has_not_spoken_yet(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"first_name": "Ana"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Ada", external_id="x8")
    result = sync({"first_name": "Ana"})
    assert (result.patient.first_name, result.conflicts) == ("Ana", ())


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_active_and_inactive_patients_are_synced(registry: Container, ada: Patient, sync: Sync, status: str) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ada.id, status=status)
    assert sync({"last_name": "King"}).outcome is SyncOutcome.UPDATED
