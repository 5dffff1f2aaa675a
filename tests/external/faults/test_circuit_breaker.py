"""When the circuit opens and closes, and the result of a sync while it is open."""

from contextlib import suppress
from datetime import timedelta
from time import monotonic, sleep

import pytest
from attrs import evolve

from adapters.external.client import UpstreamClient
from adapters.external.errors import CircuitOpen, UpstreamDown
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import RegistryError, Unavailable
from core.sync.errors import NoUpstreamRecord
from core.sync.merge import SyncOutcome
from tests.external.faults.catalogue import FAULTS, Fault
from tests.external.faults.conftest import GRACE, POLICY, THREE_ATTEMPTS, ClientOf, Interface, Scene, failing
from tests.external.faults.server import Connection, MisbehavingServer, responds, response, sends
from tests.fakes import CLERK

DOWN = sends(response(b"{}", 500, Connection="close"))  # as the server closes it after each fault
DEFAULT = UpstreamPolicy(attempts=1)
SOON = evolve(DEFAULT, recovery=0.1, probes=2)


def opened(server: MisbehavingServer, interface: Interface, client: UpstreamClient) -> None:
    server.behaviour = DOWN
    for _ in range(DEFAULT.min_calls):
        assert type(failing(interface, client).error) is UpstreamDown
    assert client.circuit_breaker.state == "open"
    server.requests.clear()


def test_repeated_500_opens_the_circuit(server: MisbehavingServer, interface: Interface, client_of: ClientOf) -> None:
    client = client_of(server.url, DEFAULT)
    opened(server, interface, client)
    failure = failing(interface, client)
    assert type(failure.error) is CircuitOpen
    assert 0 < (failure.retry_after or 0) <= DEFAULT.recovery
    assert failure.seconds < GRACE
    assert server.requests == []


def test_circuit_opens_at_80_percent_failures_despite_regular_successes(
    server: MisbehavingServer, interface: Interface, client_of: ClientOf
) -> None:
    client = client_of(server.url, DEFAULT)

    def every_fifth_responds(connection: Connection) -> None:
        (DOWN if len(server.requests) % 5 else responds)(connection)

    server.behaviour = every_fifth_responds
    for _ in range(50):
        with suppress(RegistryError):
            interface(client)
    assert client.circuit_breaker.state == "open"
    assert len(server.requests) == DEFAULT.min_calls + 1


def test_404_while_half_open_is_neutral_and_releases_its_permit(
    server: MisbehavingServer, interface: Interface, client_of: ClientOf
) -> None:
    client = client_of(server.url, SOON)
    opened(server, interface, client)
    server.behaviour = sends(response(b"", 404))
    sleep(SOON.recovery)
    for _ in range(2 * SOON.probes):
        assert type(failing(interface, client).error) is NoUpstreamRecord
        assert client.circuit_breaker.state == "half_open"
    server.behaviour = responds
    for _ in range(SOON.probes):
        interface(client)
    assert client.circuit_breaker.state == "closed"


def test_sync_with_open_circuit_returns_the_stale_record_with_age_and_reason(
    server: MisbehavingServer, scene: Scene, client_of: ClientOf
) -> None:
    client = client_of(server.url, DEFAULT)
    good = scene.sync(client)
    server.behaviour = DOWN
    for _ in range(DEFAULT.min_calls):
        assert scene.sync(client).stale
    assert client.circuit_breaker.state == "open"
    server.requests.clear()
    scene.clock.forward(timedelta(minutes=5))
    started = monotonic()
    stale = scene.sync(client)
    assert monotonic() - started < GRACE
    assert (stale.outcome, stale.age, stale.fetched_at) == (SyncOutcome.STALE, timedelta(minutes=5), good.fetched_at)
    assert stale.patient == good.patient
    assert stale.reason == CircuitOpen.message
    assert server.requests == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.endless or fault.name == "hang"], ids=str)
def test_outage_after_a_good_sync_returns_the_stale_record_and_other_faults_raise(
    server: MisbehavingServer, scene: Scene, client_of: ClientOf, fault: Fault
) -> None:
    client = client_of(server.url, POLICY if fault.endless else THREE_ATTEMPTS)
    good = scene.sync(client)
    server.behaviour = fault.behaviour
    if issubclass(fault.outcome, Unavailable):
        stale = scene.sync(client)
        assert (stale.outcome, stale.fetched_at, stale.patient) == (SyncOutcome.STALE, good.fetched_at, good.patient)
        assert stale.reason
    else:
        assert type(failing(scene.syncs, client).error) is fault.outcome
    assert scene.registry.view_patient()(actor=CLERK, patient_id=scene.patient.id) == good.patient
