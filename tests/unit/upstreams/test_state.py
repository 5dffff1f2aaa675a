"""Whether upstream answers, by the reports of several processes."""

from datetime import timedelta

import pytest
from attrs import evolve

from core.upstreams.entities import CircuitState, UpstreamOverride, UpstreamReport, UpstreamStatus
from tests.fakes import NOW

WELL = UpstreamReport("ehr", "web:1", NOW, CircuitState.CLOSED, 9, 0.1, 0.0, 0.1, 0.2, 0, 1.0, 0.0)
IDLE = evolve(WELL, process="web:2", calls=0, failure_rate=None)
FAILING = evolve(WELL, process="web:3", failure_rate=0.5)
OPEN = evolve(WELL, process="web:4", state=CircuitState.OPEN, failure_rate=0.9)
ISOLATED = UpstreamOverride("ehr", 1, True, NOW, "user:1", "request")


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ((), CircuitState.CLOSED),
        ((IDLE, FAILING), CircuitState.CLOSED),
        ((WELL, OPEN), CircuitState.OPEN),
        ((OPEN, WELL), CircuitState.CLOSED),
        ((OPEN, IDLE), CircuitState.OPEN),
        ((OPEN, FAILING), CircuitState.OPEN),
    ],
)
def test_the_latest_report_determines_the_state(reports: tuple[UpstreamReport, ...], state: str) -> None:
    in_turn = tuple(evolve(one, reported_at=NOW + timedelta(seconds=n)) for n, one in enumerate(reports))
    assert UpstreamStatus("ehr", None, in_turn).state == state


def test_an_isolated_upstream_stays_isolated_while_it_responds() -> None:
    assert UpstreamStatus("ehr", ISOLATED, (WELL,)).state is CircuitState.ISOLATED
