"""Hosts whose wall clocks differ use one PostgreSQL database."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dependency_injector.providers import Object
from django.db import ProgrammingError, connections, transaction
from django.test.utils import CaptureQueriesContext

from adapters.django_orm.db.clock import SECONDS_BETWEEN_MEASUREMENTS, DatabaseClock
from bootstrap import Container
from core.access import Actor, Role
from core.errors import Unavailable
from core.files import FileFormat
from core.jobs.entities import JobState
from core.jobs.services.leases import Allocation
from core.sync.merge import SyncOutcome
from tests.contracts.conftest import POSTGRES, open_registry
from tests.contracts.examples import person, sql
from tests.contracts.syncing import run, start
from tests.fakes import CLERK, ScriptedGateway, details

pytestmark = pytest.mark.parametrize("database", [POSTGRES])

DAY = timedelta(days=1)
SOON = timedelta(seconds=5)
ZONE = ZoneInfo("UTC")


@pytest.fixture
def here(database: str, gateway: ScriptedGateway) -> Container:
    return host(database, gateway)


@pytest.fixture
def elsewhere(database: str, gateway: ScriptedGateway) -> Container:
    return host(database, gateway)


def host(database: str, gateway: ScriptedGateway) -> Container:
    registry = open_registry(database)
    registry.gateway.override(Object(gateway))
    return registry


@contextmanager
def wall_clock(ahead: timedelta) -> Generator[None]:
    with time_machine.travel(datetime.now(UTC) + ahead):
        yield


SKEWS = pytest.mark.parametrize("skew", [DAY, -DAY], ids=["ahead", "behind"])


@SKEWS
def test_newer_upstream_values_are_applied_whichever_host_syncs(
    here: Container, elsewhere: Container, gateway: ScriptedGateway, skew: timedelta
) -> None:
    gateway.answer = {"last_name": "King"}
    with wall_clock(skew):
        patient = elsewhere.register_patient()(actor=CLERK, **details(external_id="x1"))
        elsewhere.sync_patient()(actor=CLERK, patient_id=patient.id)
    gateway.answer = {"last_name": "Lovelace"}
    synced = here.sync_patient()(actor=CLERK, patient_id=patient.id)
    assert (synced.outcome, synced.patient.last_name) == (SyncOutcome.UPDATED, "Lovelace")
    assert patient.created_at < synced.patient.updated_at
    gateway.answer = Unavailable()
    with wall_clock(-skew):
        stale = elsewhere.sync_patient()(actor=CLERK, patient_id=patient.id)
    assert stale.stale
    assert timedelta() <= stale.age < SOON


@SKEWS
def test_a_sync_job_includes_patients_that_another_host_registered_before_it(
    here: Container, elsewhere: Container, gateway: ScriptedGateway, skew: timedelta
) -> None:
    gateway.answer = {"last_name": "King"}
    with wall_clock(skew):
        elsewhere.register_patient()(actor=CLERK, **details(external_id="x1"))
    job = run(here, start(here))
    assert (job.state, job.counts) == (JobState.COMPLETED, {"updated": 1})


@SKEWS
def test_an_import_does_not_wait_for_a_slow_clock(here: Container, elsewhere: Container, skew: timedelta) -> None:
    content = b"first_name,last_name,email,date_of_birth\nAda,Byron,ada@example.org,1985-12-10\n"
    with wall_clock(skew):
        job = elsewhere.start_import()(actor=CLERK, content=lambda: [content], format=FileFormat.CSV)
    done = run(here, job)
    assert (done.state, done.counts.get("added")) == (JobState.COMPLETED, 1)


@SKEWS
def test_a_lease_lasts_equally_long_on_every_host(here: Container, elsewhere: Container, skew: timedelta) -> None:
    job = start(here)
    with wall_clock(skew):
        claim = elsewhere.leases().claim(job.id, lambda _: Allocation((person().id,), None))
    assert claim is not None
    assert here.leases().claim(job.id) is None
    assert abs(claim.chunk.available_at - here.clock().now() - here.leases().duration) < SOON


@SKEWS
def test_a_token_lasts_equally_long_on_every_host(here: Container, elsewhere: Container, skew: timedelta) -> None:
    credentials = {"email": "ada@clinic.example", "password": "correct horse"}
    here.create_user()(
        actor=Actor.system("tests"), email=credentials["email"], password=credentials["password"], role=Role.CLERK
    )
    for issuer, reader in ((here, elsewhere), (elsewhere, here)):
        with wall_clock(skew if issuer is elsewhere else timedelta()):
            access = issuer.sign_in()(**credentials).access
        with wall_clock(skew if reader is elsewhere else timedelta()):
            assert reader.authenticate()(access=access, request_id="request-1").actor.name


class Elapsed:
    """A host's monotonic clock, set by the test."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed(1000.0)


@pytest.fixture
def clock(database: str, elapsed: Elapsed) -> DatabaseClock:
    return DatabaseClock(ZONE, database, elapsed=elapsed)


def test_hosts_agree_whatever_their_uptime(clock: DatabaseClock, database: str) -> None:
    assert abs(clock.now() - DatabaseClock(ZONE, database).now()) < SOON


def test_the_database_is_queried_every_few_seconds(clock: DatabaseClock, elapsed: Elapsed, database: str) -> None:
    with CaptureQueriesContext(connections[database]) as queries:
        first = clock.now()
        elapsed.seconds += SECONDS_BETWEEN_MEASUREMENTS - 1
        assert clock.now() - first == timedelta(seconds=SECONDS_BETWEEN_MEASUREMENTS - 1)
        assert len(queries) == 1
        elapsed.seconds += 1
        clock.now()
        assert len(queries) == 2


def test_a_fast_monotonic_clock_is_corrected_and_time_never_runs_backwards(
    clock: DatabaseClock, elapsed: Elapsed, database: str
) -> None:
    first = clock.now()
    elapsed.seconds += SECONDS_BETWEEN_MEASUREMENTS - 1
    too_late = clock.now()
    elapsed.seconds += 1
    assert clock.now() == too_late
    elapsed.seconds += SECONDS_BETWEEN_MEASUREMENTS - 2
    assert clock.now() == too_late
    elapsed.seconds += 1.5
    assert clock.now() > too_late > first


def test_a_slow_answer_moves_the_clock_only_into_its_bounds(
    clock: DatabaseClock, elapsed: Elapsed, database: str
) -> None:
    first = clock.now()
    elapsed.seconds += SECONDS_BETWEEN_MEASUREMENTS  # although hardly any time has passed
    with connections[database].execute_wrapper(_slowly(elapsed)):
        assert timedelta(seconds=10) <= clock.now() - first < timedelta(seconds=10) + SOON


def _slowly(elapsed: Elapsed) -> Callable[..., object]:
    def wrapper(execute: Callable[..., object], *args: object) -> object:
        elapsed.seconds += 10.0
        return execute(*args)

    return wrapper


def test_without_an_answer_the_clock_continues_from_the_last_one(
    clock: DatabaseClock, elapsed: Elapsed, database: str
) -> None:
    first = clock.now()
    elapsed.seconds += SECONDS_BETWEEN_MEASUREMENTS
    with transaction.atomic(using=database):
        with pytest.raises(ProgrammingError):
            sql(database, "SELECT nothing FROM nowhere")
        assert clock.now() == first + timedelta(seconds=SECONDS_BETWEEN_MEASUREMENTS)
        transaction.set_rollback(True, using=database)


def test_a_broken_connection_is_reopened(clock: DatabaseClock, elapsed: Elapsed, database: str) -> None:
    first = clock.now()
    connections[database].connection.close()
    for _ in range(2):
        elapsed.seconds += SECONDS_BETWEEN_MEASUREMENTS
        assert clock.now() >= first
    assert connections[database].is_usable()


def test_a_clock_without_any_answer_raises(clock: DatabaseClock, database: str) -> None:
    def read_in_an_aborted_transaction() -> None:
        with transaction.atomic(using=database):
            with pytest.raises(ProgrammingError):
                sql(database, "SELECT nothing FROM nowhere")
            clock.now()

    with pytest.raises(Unavailable):
        read_in_an_aborted_transaction()
