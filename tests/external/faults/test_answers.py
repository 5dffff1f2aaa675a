"""Each fault of an answer, through both faces."""

from collections.abc import Generator

import pytest

from tests.external.faults.answers import FAULTS, Fault
from tests.external.faults.conftest import GRACE, PATIENT, POLICY, ClientOf, Face, Scene, counted, failing, is_well
from tests.external.faults.server import MisbehavingServer, misbehaving, well


@pytest.fixture
def server() -> Generator[MisbehavingServer]:
    with misbehaving() as server:
        yield server


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_ends_in_time_and_leaves_the_patient_and_the_connections_as_they_were(
    server: MisbehavingServer, scene: Scene, face: Face, client_of: ClientOf, fault: Fault
) -> None:
    policy = POLICY if fault.endless else PATIENT
    client = client_of(server.url, policy)
    server.behaviour = fault.behaviour
    seen = failing(face, client)
    assert isinstance(seen.error, fault.outcome), seen.error
    assert seen.seconds < policy.timeout + GRACE
    assert counted(client) == fault.counted
    assert scene.is_untouched()
    assert len(server.requests) == 1
    server.behaviour = well
    assert is_well(client)
