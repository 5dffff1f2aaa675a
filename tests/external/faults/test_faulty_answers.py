"""Each fault of a response, sync and async; faults of the connection over TLS as well."""

import pytest

from tests.external.faults.catalogue import FAULTS, NETWORK, PROTOCOL, Fault
from tests.external.faults.conftest import (
    GRACE,
    POLICY,
    TIRELESS,
    ClientOf,
    Face,
    Scene,
    counted,
    failing,
    is_well,
)
from tests.external.faults.server import MisbehavingServer, well


def ends_in_time(server: MisbehavingServer, scene: Scene, face: Face, client_of: ClientOf, fault: Fault) -> None:
    """Also checks that the patient is unchanged and every permit released."""
    client = client_of(server.url, POLICY if fault.endless else TIRELESS)
    server.behaviour = fault.behaviour
    seen = failing(face, client)
    assert type(seen.error) is fault.outcome, seen.error
    assert seen.retry_after == fault.retry_after
    if fault.endless:
        assert POLICY.attempt_timeout <= seen.seconds < POLICY.timeout + GRACE
    else:
        assert seen.seconds < GRACE
    assert len(server.requests) == fault.attempts
    assert counted(client) == fault.counted * fault.attempts
    assert scene.is_untouched()
    server.behaviour = well
    assert is_well(client)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault_has_documented_outcome(
    server: MisbehavingServer, scene: Scene, face: Face, client_of: ClientOf, fault: Fault
) -> None:
    ends_in_time(server, scene, face, client_of, fault)


@pytest.mark.parametrize("fault", [*NETWORK, *PROTOCOL], ids=str)
def test_fault_over_tls_has_documented_outcome(
    tls_server: MisbehavingServer, scene: Scene, client_of: ClientOf, fault: Fault
) -> None:
    ends_in_time(tls_server, scene, scene.syncs, client_of, fault)
