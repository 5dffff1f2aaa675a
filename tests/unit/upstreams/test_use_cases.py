"""What operators see and order, on the registry in memory with a real client."""

from collections.abc import Generator
from datetime import timedelta

import pytest
from attrs import evolve

from adapters.external.client import UpstreamClient
from adapters.external.managed import ManagedUpstream
from bootstrap import Configuration, Container, in_memory_registry
from core.errors import Forbidden, Unavailable
from core.upstreams.entities import CircuitState
from core.upstreams.errors import UpstreamNotFound
from tests.fakes import ADMIN, CLERK, NOW, StillClock

NOWHERE = Configuration(secret_keys=("k" * 50,), upstream_url="http://127.0.0.1:9")
HALF_A_SECOND = 0.5


class Ticking:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def registry(clock: StillClock) -> Generator[Container]:
    registry = in_memory_registry(NOWHERE)
    registry.clock.override(clock)
    yield registry
    client = registry.upstream()
    assert client
    client.close()


def other_process(registry: Container, ticking: Ticking) -> ManagedUpstream:
    """One with a circuit of its own, which shares the registry's records."""
    client = UpstreamClient(NOWHERE.upstream_url)
    return ManagedUpstream(
        client, registry.upstream_overrides(), registry.upstream_reports(), registry.clock(), monotonic=ticking
    )


def state(upstream: ManagedUpstream) -> str:
    return upstream.client.circuit_breaker.state


def test_each_upstream_is_shown_with_the_circuit_of_this_process(registry: Container) -> None:
    (status,) = registry.list_upstreams()(actor=ADMIN)
    (report,) = status.reports
    assert (status.upstream, status.override, status.isolated) == ("upstream", None, False)
    assert (report.state, report.calls, report.failure_rate, report.retry_budget) == (CircuitState.CLOSED, 0, None, 2)


def test_isolating_applies_immediately_and_names_its_actor(registry: Container) -> None:
    status = registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=True)
    assert status.isolated
    assert status.override
    assert (status.override.revision, status.override.actor, status.override.at) == (1, ADMIN.name, NOW)
    assert [report.state for report in status.reports] == [CircuitState.ISOLATED]
    with pytest.raises(Unavailable, match="administrator"):
        registry.gateway().fetch("x", request_id="r")


def test_closing_ends_an_isolation(registry: Container) -> None:
    order = registry.override_upstream()
    order(actor=ADMIN, upstream="upstream", isolated=True)
    status = order(actor=ADMIN, upstream="upstream", isolated=False)
    assert not status.isolated
    assert [report.state for report in status.reports] == [CircuitState.CLOSED]


def test_isolating_again_keeps_the_first_override(registry: Container, clock: StillClock) -> None:
    order = registry.override_upstream()
    first = order(actor=ADMIN, upstream="upstream", isolated=True).override
    clock.forward(timedelta(hours=1))
    assert order(actor=evolve(ADMIN, name="user:2"), upstream="upstream", isolated=True).override == first


def test_another_process_applies_an_override_within_half_a_second(registry: Container) -> None:
    ticking = Ticking()
    other = other_process(registry, ticking)
    with pytest.raises(Unavailable):
        other.get_object("patients", "1", request_id="r")
    registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=True)
    ticking.now += HALF_A_SECOND
    with pytest.raises(Unavailable, match="administrator"):
        other.get_object("patients", "1", request_id="r")
    registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=False)
    ticking.now += HALF_A_SECOND
    with pytest.raises(Unavailable, match="cannot be reached"):
        other.get_object("patients", "1", request_id="r")
    other.client.close()


def test_a_new_process_has_nothing_to_close(registry: Container, caplog: pytest.LogCaptureFixture) -> None:
    registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=False)
    caplog.clear()
    new = other_process(registry, Ticking())
    new.apply_override("upstream")
    assert caplog.records == []
    new.client.close()


def test_a_new_process_applies_an_earlier_isolation(registry: Container) -> None:
    registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=True)
    new = other_process(registry, Ticking())
    new.apply_override("upstream")
    assert state(new) == "isolated"
    new.client.close()


def test_closing_closes_an_open_circuit_of_another_process_once(registry: Container) -> None:
    other = other_process(registry, Ticking())

    def opens() -> None:
        for _ in range(5):
            with pytest.raises(Unavailable):
                other.get_object("patients", "1", request_id="r")
        assert state(other) == "open"

    opens()
    registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=False)
    other.apply_override("upstream")
    assert state(other) == "closed"
    opens()
    other.apply_override("upstream")
    assert state(other) == "open"
    other.client.close()


def test_an_opened_circuit_is_reported_immediately(registry: Container) -> None:
    for _ in range(5):
        with pytest.raises(Unavailable):
            registry.gateway().fetch("x", request_id="r")
    (report,) = registry.upstream_reports().list_for("upstream", since=NOW)
    assert (report.state, report.failure_rate) == (CircuitState.OPEN, 1.0)


def test_old_reports_are_not_shown(registry: Container, clock: StillClock) -> None:
    other = evolve(registry.list_upstreams()(actor=ADMIN)[0].reports[0], process="gone:1")
    registry.upstream_reports().save(other, outdated=NOW)
    assert len(registry.list_upstreams()(actor=ADMIN)[0].reports) == 2
    clock.forward(timedelta(minutes=10, seconds=1))
    assert len(registry.list_upstreams()(actor=ADMIN)[0].reports) == 1


def test_an_unknown_upstream_cannot_be_overridden(registry: Container) -> None:
    with pytest.raises(UpstreamNotFound):
        registry.override_upstream()(actor=ADMIN, upstream="lab", isolated=True)


def test_without_an_upstream_the_list_is_empty() -> None:
    registry = in_memory_registry()
    assert registry.list_upstreams()(actor=ADMIN) == ()
    with pytest.raises(UpstreamNotFound):
        registry.override_upstream()(actor=ADMIN, upstream="upstream", isolated=True)


def test_only_admins_view_and_override(registry: Container) -> None:
    with pytest.raises(Forbidden):
        registry.list_upstreams()(actor=CLERK)
    with pytest.raises(Forbidden):
        registry.override_upstream()(actor=CLERK, upstream="upstream", isolated=True)
