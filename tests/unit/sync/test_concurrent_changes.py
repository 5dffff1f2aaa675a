"""What may happen to a record while upstream is being asked about it."""

from datetime import timedelta

import pytest

from bootstrap import Container
from core.errors import Unavailable
from core.patients.entities import Patient
from core.patients.errors import PatientArchived, PatientNotFound
from core.ports import TransactionRequired
from core.sync.errors import ExternalIdChanged
from core.sync.merge import SyncOutcome
from tests.fakes import ADMIN, CLERK, NOW, READER, ScriptedGateway, StillClock
from tests.unit.sync.conftest import Sync


def test_no_transaction_is_open_while_fetching(
    registry: Container, ada: Patient, sync: Sync, gateway: ScriptedGateway
) -> None:
    def lock() -> None:
        with pytest.raises(TransactionRequired):
            registry.patients().lock(ada.id)

    gateway.meanwhile = lock
    assert sync({"last_name": "King"}).outcome is SyncOutcome.UPDATED
    assert sync(Unavailable()).outcome is SyncOutcome.STALE


def test_concurrent_update_is_merged(registry: Container, ada: Patient, sync: Sync, gateway: ScriptedGateway) -> None:
    sync({"first_name": "Ada", "last_name": "Byron"})
    gateway.meanwhile = lambda: registry.update_patient()(
        actor=CLERK, patient_id=ada.id, first_name="Augusta", phone="+12015550123"
    )
    result = sync({"first_name": "Ana", "last_name": "King"})
    assert (result.patient.full_name, result.patient.phone) == ("Augusta King", "+12015550123")
    assert (result.patient.version, result.conflicts) == (3, ("first_name",))


def test_changed_external_id_discards_the_response(
    registry: Container, ada: Patient, sync: Sync, gateway: ScriptedGateway
) -> None:
    gateway.meanwhile = lambda: registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x8")
    with pytest.raises(ExternalIdChanged):
        sync({"last_name": "King"})
    after = registry.view_patient()(actor=READER, patient_id=ada.id)
    assert (after.last_name, after.external_id, after.last_synced_at) == ("Byron", "x8", None)
    assert registry.snapshots().get(ada.id) is None


@pytest.mark.parametrize("answer", [{"last_name": "King"}, {"last_name": "Byron"}, Unavailable()])
def test_archived_patient_discards_the_response(
    registry: Container, ada: Patient, sync: Sync, gateway: ScriptedGateway, answer: dict[str, object] | Unavailable
) -> None:
    def archive() -> None:
        for status in ("inactive", "archived"):
            registry.update_patient()(actor=CLERK, patient_id=ada.id, status=status)

    gateway.meanwhile = archive
    with pytest.raises(PatientArchived):
        sync(answer)
    assert registry.view_patient()(actor=READER, patient_id=ada.id).last_name == "Byron"
    assert registry.snapshots().get(ada.id) is None


@pytest.mark.parametrize("answer", [{"last_name": "King"}, Unavailable()])
def test_erased_patient_stays_erased(
    registry: Container, ada: Patient, sync: Sync, gateway: ScriptedGateway, answer: dict[str, object] | Unavailable
) -> None:
    gateway.meanwhile = lambda: registry.erase_patient()(actor=ADMIN, patient_id=ada.id)
    with pytest.raises(PatientNotFound):
        sync(answer)
    assert (registry.store().patients, registry.store().snapshots) == ({}, {})


def test_response_to_an_older_request_is_ignored(
    registry: Container, ada: Patient, sync: Sync, gateway: ScriptedGateway, clock: StillClock
) -> None:
    def a_later_sync_overtakes() -> None:
        gateway.meanwhile = lambda: None
        clock.forward(timedelta(seconds=2))
        sync({"last_name": "New"})
        clock.forward(timedelta(seconds=3))
        gateway.answer = {"last_name": "Old"}

    gateway.meanwhile = a_later_sync_overtakes
    result = sync({"last_name": "Byron"})
    assert (result.patient.last_name, result.outcome) == ("New", SyncOutcome.UNCHANGED)
    assert (result.fetched_at, result.age) == (NOW + timedelta(seconds=2), timedelta(seconds=3))
    assert result.patient.last_synced_at == NOW + timedelta(seconds=2)
    copy = registry.snapshots().get(ada.id)
    assert copy is not None
    assert copy.values == {"last_name": "New"}


def test_response_to_a_simultaneous_request_is_applied(sync: Sync) -> None:
    sync({"last_name": "King"})
    assert sync({"last_name": "Queen"}).patient.last_name == "Queen"
