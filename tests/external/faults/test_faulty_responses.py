"""Each fault of a response, sync and async; faults of the connection over TLS too."""

import pytest

from tests.external.faults.catalogue import FAULTS, NETWORK, PROTOCOL, Fault
from tests.external.faults.conftest import (
    GRACE,
    POLICY,
    THREE_ATTEMPTS,
    ClientOf,
    Interface,
    Scene,
    counted,
    failing,
    is_healthy,
)
from tests.external.faults.server import MisbehavingServer, responds


def ends_in_time(
    server: MisbehavingServer, scene: Scene, interface: Interface, client_of: ClientOf, fault: Fault
) -> None:
    """Also checks that the patient is unchanged and every permit released."""
    client = client_of(server.url, POLICY if fault.endless else THREE_ATTEMPTS)
    server.behaviour = fault.behaviour
    failure = failing(interface, client)
    assert type(failure.error) is fault.outcome, failure.error
    assert failure.retry_after == fault.retry_after
    if fault.endless:
        assert POLICY.attempt_timeout <= failure.seconds < POLICY.timeout + GRACE
    else:
        assert failure.seconds < GRACE
    assert len(server.requests) == fault.attempts
    assert counted(client) == fault.counted * fault.attempts
    assert scene.is_unchanged()
    server.behaviour = responds
    assert is_healthy(client)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault_has_documented_outcome(
    server: MisbehavingServer, scene: Scene, interface: Interface, client_of: ClientOf, fault: Fault
) -> None:
    ends_in_time(server, scene, interface, client_of, fault)


@pytest.mark.parametrize("fault", [*NETWORK, *PROTOCOL], ids=str)
def test_fault_over_tls_has_documented_outcome(
    tls_server: MisbehavingServer, scene: Scene, client_of: ClientOf, fault: Fault
) -> None:
    ends_in_time(tls_server, scene, scene.syncs, client_of, fault)
