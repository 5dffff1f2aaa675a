from datetime import timedelta

import pytest
from attrs import evolve

from bootstrap import Container, in_memory_registry
from core.patients.audit import Action
from core.patients.entities import Patient
from core.patients.values import Identifier
from core.sync.errors import EmptyUpstreamRecord, WrongUpstreamRecord
from core.sync.merge import SyncOutcome
from tests.fakes import CLERK, NOW, READER, ScriptedGateway, StillClock, details, equip
from tests.unit.conftest import CONFIGURATION
from tests.unit.sync.conftest import Sync


def test_sync_fetches_the_external_id_once_with_the_request_id(sync: Sync, gateway: ScriptedGateway) -> None:
    sync({"last_name": "Byron"})
    assert gateway.asked == [("x7", CLERK.request_id)]


def test_upstream_values_are_normalized(
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


def test_update_from_upstream_is_audited(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"last_name": "King", "first_name": "Ada"})
    event = registry.view_history()(actor=READER, patient_id=ada.id).events[0]
    assert (event.action, event.actor, event.version, event.fields) == (Action.SYNCED, CLERK.name, 2, ("last_name",))


def test_sync_without_changes_updates_only_last_synced_at(
    registry: Container, ada: Patient, sync: Sync, clock: StillClock
) -> None:
    clock.forward(timedelta(hours=1))
    result = sync({"first_name": "Ada", "email": "ADA@example.org"})
    assert (result.outcome, result.stale, result.conflicts) == (SyncOutcome.UNCHANGED, False, ())
    assert (result.patient.version, result.patient.updated_at) == (1, NOW)
    assert result.patient.last_synced_at == result.fetched_at == clock.now()
    assert registry.view_patient()(actor=READER, patient_id=ada.id) == result.patient
    assert len(registry.view_history()(actor=READER, patient_id=ada.id).events) == 1


def test_repeated_response_changes_nothing(sync: Sync, clock: StillClock) -> None:
    answer = {"last_name": "King", "phone": "(201) 555-0123"}
    first = sync(answer)
    clock.forward(timedelta(hours=1))
    second = sync(answer)
    assert (first.outcome, second.outcome) == (SyncOutcome.UPDATED, SyncOutcome.UNCHANGED)
    assert second.patient.version == first.patient.version


def test_local_correction_is_kept_until_upstream_changes_the_field(
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


def test_local_value_adopted_by_upstream_is_no_conflict(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"first_name": "Ana"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Ada")
    assert sync({"first_name": "Ada"}).conflicts == ()
    assert sync({"first_name": "Augusta"}).patient.first_name == "Augusta"


def test_missing_null_and_blank_upstream_values_change_neither_record_nor_snapshot(
    registry: Container, ada: Patient, sync: Sync
) -> None:
    sync({"phone": "+12015550123"})
    for answer in ({}, {"phone": None}, {"phone": ""}, {"phone": "  ", "last_name": ""}):
        assert sync({"first_name": "Ada", **answer}).patient.phone == "+12015550123"
    registry.update_patient()(actor=CLERK, patient_id=ada.id, phone="+12015550199")
    result = sync({"phone": "+12015550123"})
    assert (result.patient.phone, result.conflicts) == ("+12015550199", ())


@pytest.mark.parametrize("answer", [{}, {"first_name": " ", "last_name": None}, {"sex": "female", "name": "Ada"}])
def test_a_response_without_a_synced_field_is_invalid(
    registry: Container, ada: Patient, sync: Sync, answer: dict[str, object]
) -> None:
    with pytest.raises(EmptyUpstreamRecord):
        sync(answer)
    assert registry.view_patient()(actor=READER, patient_id=ada.id) == ada
    assert registry.snapshots().get(ada.id) is None


@pytest.mark.parametrize(
    ("about", "is_refused"),
    [
        ({"id": "x8"}, True),
        ({"id": 7}, True),
        ({"external_id": "x8"}, True),
        ({"external_id": "X7"}, True),
        ({"id": "x7"}, False),
        ({"id": 7, "external_id": " x7 "}, False),
        ({"id": None, "external_id": ["x8"]}, False),
        ({"identifiers": [{"system": "mrn", "value": "8"}]}, True),
        ({"identifiers": [{"system": "mrn", "value": "8"}, {"system": "mrn", "value": "a 7"}]}, False),
        ({"identifiers": [{"system": "card", "value": "8"}]}, False),
        ({"identifiers": [{"system": "mrn"}]}, False),
    ],
)
def test_a_response_about_another_patient_is_refused(
    registry: Container, ada: Patient, sync: Sync, about: dict[str, object], is_refused: bool
) -> None:
    """Of the two systems, only `mrn` is unique."""
    numbers = (Identifier("mrn", "A-7"), Identifier("card", "7"))
    before = registry.update_patient()(actor=CLERK, patient_id=ada.id, identifiers=numbers)
    if is_refused:
        with pytest.raises(WrongUpstreamRecord):
            sync({"last_name": "King", **about})
        assert registry.view_patient()(actor=READER, patient_id=ada.id) == before
        assert registry.snapshots().get(ada.id) is None
    else:
        assert sync({"last_name": "King", **about}).patient.last_name == "King"


def test_identifiers_that_upstream_may_set_are_corrected_instead(clock: StillClock, gateway: ScriptedGateway) -> None:
    configuration = evolve(CONFIGURATION, sync_fields=("identifiers",))
    registry = equip(in_memory_registry(configuration), clock, gateway)
    ada = registry.register_patient()(actor=CLERK, **details(external_id="x7", identifiers=(Identifier("mrn", "7"),)))
    gateway.answer = {"identifiers": [{"system": "mrn", "value": "8"}]}
    result = registry.sync_patient()(actor=CLERK, patient_id=ada.id)
    assert result.patient.identifiers == (Identifier("mrn", "8"),)


def test_other_upstream_fields_are_ignored(ada: Patient, sync: Sync) -> None:
    result = sync(
        {
            "first_name": "Ada",
            "id": "x7",
            "status": "archived",
            "version": 99,
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


def test_snapshot_holds_only_the_synced_fields(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"last_name": "King", "allergies": ["penicillin"], "sex": "male"})
    copy = registry.snapshots().get(ada.id)
    assert copy is not None
    assert (copy.external_id, copy.values, copy.requested_at) == ("x7", {"last_name": "King"}, NOW)


def test_new_external_id_starts_without_a_snapshot(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"first_name": "Ana"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Ada", external_id="x8")
    result = sync({"first_name": "Ana"})
    assert (result.patient.first_name, result.conflicts) == ("Ana", ())


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_active_and_inactive_patients_are_synced(registry: Container, ada: Patient, sync: Sync, status: str) -> None:
    registry.update_patient()(actor=CLERK, patient_id=ada.id, status=status)
    assert sync({"last_name": "King"}).outcome is SyncOutcome.UPDATED
