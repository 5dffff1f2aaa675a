"""The report of a process about an upstream, after successful, slow and failed calls."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import Event

import pytest

from adapters.external.client import UpstreamClient
from adapters.external.managed import ManagedUpstream
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.in_memory.store import Store
from adapters.in_memory.upstreams import InMemoryUpstreamOverrides, InMemoryUpstreamReports
from core.errors import RegistryError
from core.upstreams.entities import CircuitState, UpstreamReport
from tests.external.conftest import Connect, StoppedTime, fetch
from tests.external.upstream import Answer, Upstream, reply
from tests.fakes import NOW, StillClock

POLICY = UpstreamPolicy(attempts=3, min_calls=10, slow_call=2.5, recovery=30, retry_floor=0.1, retry_share=0.1)
DOWN = reply(b"", status=500)


def reported(client: UpstreamClient) -> UpstreamReport:
    store = Store()
    reports = InMemoryUpstreamReports(store)
    ManagedUpstream(client, InMemoryUpstreamOverrides(store), reports, StillClock()).apply_override("upstream")
    (report,) = reports.list_for("upstream", since=datetime.min.replace(tzinfo=NOW.tzinfo))
    return report


def calls(client: UpstreamClient, times: int) -> None:
    for _ in range(times):
        with suppress(RegistryError):
            fetch(client)


@pytest.fixture
def client(connect: Connect, time: StoppedTime) -> UpstreamClient:
    return connect(POLICY, time=time)


def test_report_contains_the_measured_figures(upstream: Upstream, client: UpstreamClient, time: StoppedTime) -> None:
    def after(seconds: float) -> Answer:
        def answer(handler: object) -> None:
            time.now += seconds
            reply({})(handler)  # pyright: ignore[reportArgumentType]

        return answer

    answered = Event()
    upstream.answers(*map(after, [0.25, 0.5, 1.0, 3.0]), DOWN, reply({}), reply({}, after=answered))
    calls(client, 5)
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(fetch, client)
        upstream.wait_for(7)
        report = reported(client)
        answered.set()
        under_way.result()
    assert report == UpstreamReport(
        upstream="upstream",
        process=f"{socket.gethostname()}:{os.getpid()}",
        reported_at=NOW,
        state=CircuitState.CLOSED,
        calls=6,
        failure_rate=0.1667,  # rounded
        slow_rate=0.1667,
        median_seconds=0.5,
        p95_seconds=3.0,
        under_way=1,
        retry_budget=pytest.approx(1.1 + 0.005),  # pyright: ignore[reportArgumentType]
        seconds_left=0.0,
    )


def test_report_of_open_circuit_has_remaining_seconds(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime
) -> None:
    upstream.answers(DOWN)
    calls(client, 8)
    time.now += 10
    report = reported(client)
    assert (report.state, round(report.seconds_left)) == (CircuitState.OPEN, 20)
