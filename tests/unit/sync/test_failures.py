from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from bootstrap import Container
from core.errors import InvalidUpstreamResponse, RateLimited, Unavailable
from core.patients.audit import AuditEvent
from core.patients.entities import Patient
from core.patients.errors import EmailTaken, PatientArchived, PatientNotFound
from core.sync.errors import InvalidUpstreamRecord, NoUpstreamRecord
from core.sync.merge import SyncOutcome, UpstreamSnapshot
from tests.fakes import CLERK, NOW, READER, Answer, ScriptedGateway, StillClock, details
from tests.unit.sync.conftest import Sync

MAX_STALE = timedelta(days=1)
Held = tuple[Patient, UpstreamSnapshot | None, tuple[AuditEvent, ...]]


@pytest.fixture
def held(registry: Container, ada: Patient) -> Callable[[], Held]:
    """All that is held of Ada."""
    return lambda: (
        registry.view_patient()(actor=READER, patient_id=ada.id),
        registry.snapshots().get(ada.id),
        registry.view_history()(actor=READER, patient_id=ada.id).events,
    )


def test_current_record_is_stale_while_upstream_is_down(
    registry: Container, ada: Patient, sync: Sync, clock: StillClock, held: Callable[[], Held]
) -> None:
    sync({"last_name": "King"})
    corrected = registry.update_patient()(actor=CLERK, patient_id=ada.id, first_name="Augusta")
    before = held()
    for age in (timedelta(0), timedelta(hours=3), MAX_STALE):
        clock.at = NOW + age
        result = sync(Unavailable())
        assert (result.outcome, result.stale, result.age, result.fetched_at) == (SyncOutcome.STALE, True, age, NOW)
        assert result.patient == corrected
    assert held() == before


def test_copy_older_than_max_stale_is_not_returned(sync: Sync, clock: StillClock, held: Callable[[], Held]) -> None:
    sync({"last_name": "King"})
    before = held()
    clock.forward(MAX_STALE + timedelta(microseconds=1))
    with pytest.raises(Unavailable):
        sync(Unavailable())
    assert held() == before


def test_sync_without_changes_renews_the_copy(sync: Sync, clock: StillClock) -> None:
    sync({"last_name": "King"})
    clock.forward(MAX_STALE)
    sync({"last_name": "King"})
    clock.forward(MAX_STALE)
    assert sync(Unavailable()).age == MAX_STALE


def test_copy_of_another_external_id_is_not_returned(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"last_name": "King"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x8")
    with pytest.raises(Unavailable):
        sync(Unavailable())
    registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x7")
    assert sync(Unavailable()).stale


def test_a_death_before_the_recorded_birth_is_an_invalid_upstream_record(sync: Sync, held: Callable[[], Held]) -> None:
    before = held()
    with pytest.raises(InvalidUpstreamRecord, match=r"deceased \(before_birth\)"):
        sync({"deceased": "1900", "first_name": "Augusta"})
    assert held() == before


def test_without_a_copy_the_upstream_error_is_raised(sync: Sync, held: Callable[[], Held]) -> None:
    before = held()
    down = Unavailable(retry_after=timedelta(seconds=7))
    with pytest.raises(Unavailable) as raised:
        sync(down)
    assert raised.value is down
    assert held() == before


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, NoUpstreamRecord),
        (RateLimited(retry_after=timedelta(seconds=7)), RateLimited),
        (InvalidUpstreamResponse(), InvalidUpstreamResponse),
        ({"last_name": "King", "date_of_birth": "2990-01-01"}, InvalidUpstreamRecord),
        ({"last_name": "King", "first_name": 5}, InvalidUpstreamRecord),
        ({"last_name": "King", "email": "eve@example.org"}, EmailTaken),
    ],
)
@pytest.mark.parametrize("synced_before", [True, False])
def test_refused_response_changes_nothing(
    registry: Container,
    sync: Sync,
    held: Callable[[], Held],
    answer: Answer,
    error: type[Exception],
    synced_before: bool,
) -> None:
    registry.register_patient()(actor=CLERK, **details(email="eve@example.org"))
    if synced_before:
        sync({"last_name": "Queen", "phone": "+12015550123"})
    before = held()
    with pytest.raises(error):
        sync(answer)
    assert held() == before


def test_invalid_record_error_names_fields_and_codes_without_values(sync: Sync) -> None:
    with pytest.raises(InvalidUpstreamResponse, match=r"first_name \(type\), email \(invalid\)") as refused:
        sync({"first_name": 5, "email": "not-an-address"})
    assert "not-an-address" not in str(refused.value)


def test_email_conflict_names_the_holder(registry: Container, sync: Sync) -> None:
    eve = registry.register_patient()(actor=CLERK, **details(email="eve@example.org"))
    with pytest.raises(EmailTaken) as taken:
        sync({"email": "eve@example.org"})
    assert taken.value.holder == eve.id


def test_archived_patient_is_not_fetched(
    registry: Container, sync: Sync, ada: Patient, gateway: ScriptedGateway
) -> None:
    for status in ("inactive", "archived"):
        registry.update_patient()(actor=CLERK, patient_id=ada.id, status=status)
    with pytest.raises(PatientArchived):
        sync({"last_name": "King"})
    assert gateway.asked == []


def test_unknown_patient_is_not_fetched(registry: Container, gateway: ScriptedGateway) -> None:
    with pytest.raises(PatientNotFound):
        registry.sync_patient()(actor=CLERK, patient_id=uuid4())
    assert gateway.asked == []
