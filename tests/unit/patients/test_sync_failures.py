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
from tests.unit.patients.conftest import Sync

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


def test_while_upstream_is_down_the_record_as_it_stands_is_the_answer(
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


def test_a_copy_older_than_max_stale_is_no_answer(sync: Sync, clock: StillClock, held: Callable[[], Held]) -> None:
    sync({"last_name": "King"})
    before = held()
    clock.forward(MAX_STALE + timedelta(microseconds=1))
    with pytest.raises(Unavailable):
        sync(Unavailable())
    assert held() == before


def test_a_sync_that_changed_nothing_makes_the_copy_young_again(sync: Sync, clock: StillClock) -> None:
    sync({"last_name": "King"})
    clock.forward(MAX_STALE)
    sync({"last_name": "King"})
    clock.forward(MAX_STALE)
    assert sync(Unavailable()).age == MAX_STALE


def test_a_copy_fetched_under_another_external_id_is_no_answer(registry: Container, ada: Patient, sync: Sync) -> None:
    sync({"last_name": "King"})
    registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x8")
    with pytest.raises(Unavailable):
        sync(Unavailable())
    registry.update_patient()(actor=CLERK, patient_id=ada.id, external_id="x7")
    assert sync(Unavailable()).stale


def test_without_a_copy_upstreams_failure_is_passed_on_as_it_is(sync: Sync, held: Callable[[], Held]) -> None:
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
def test_a_refused_answer_changes_nothing(
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


def test_an_unacceptable_answer_says_which_rules_it_breaks_and_not_how(sync: Sync) -> None:
    with pytest.raises(InvalidUpstreamResponse, match=r"first_name \(type\), email \(invalid\)") as refused:
        sync({"first_name": 5, "email": "not-an-address"})
    assert "not-an-address" not in str(refused.value)


def test_the_holder_of_an_email_that_upstream_gives_is_named(registry: Container, sync: Sync) -> None:
    eve = registry.register_patient()(actor=CLERK, **details(email="eve@example.org"))
    with pytest.raises(EmailTaken) as taken:
        sync({"email": "eve@example.org"})
    assert taken.value.holder == eve.id


def test_upstream_is_not_asked_for_an_archived_patient(
    registry: Container, sync: Sync, ada: Patient, gateway: ScriptedGateway
) -> None:
    for status in ("inactive", "archived"):
        registry.update_patient()(actor=CLERK, patient_id=ada.id, status=status)
    with pytest.raises(PatientArchived):
        sync({"last_name": "King"})
    assert gateway.asked == []


def test_upstream_is_not_asked_for_nobody(registry: Container, gateway: ScriptedGateway) -> None:
    with pytest.raises(PatientNotFound):
        registry.sync_patient()(actor=CLERK, patient_id=uuid4())
    assert gateway.asked == []
