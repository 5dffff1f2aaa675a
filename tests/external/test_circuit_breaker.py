"""When the circuit opens, and how it closes again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from attrs import evolve

from adapters.external.client import UpstreamClient
from adapters.external.errors import CircuitOpen
from adapters.external.resilience.circuit_breaker import UpstreamCircuitBreaker
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import InvalidUpstreamResponse, RateLimited, RegistryError, Unavailable
from tests.external.conftest import Connect, StoppedTime, fetch, logged
from tests.external.upstream import Answer, Upstream, reply

ADA = {"first_name": "Ada"}
DOWN = reply(b"", status=500)
POLICY = UpstreamPolicy(attempts=1, min_calls=3, probes=1, recovery=30.0, max_calls=60, max_threads=60)


ids = count()


def outcome(client: UpstreamClient) -> object:
    """The error of a call for a new patient."""
    try:
        answer = client.get_object("patients", str(next(ids)), request_id="r")
        return answer and answer.document
    except RegistryError as error:
        return type(error)


@pytest.fixture
def client(connect: Connect, time: StoppedTime) -> UpstreamClient:
    return connect(POLICY, time=time)


@pytest.fixture
def opened(upstream: Upstream, client: UpstreamClient) -> UpstreamClient:
    upstream.answers(DOWN)
    for _ in range(3):
        outcome(client)
    assert client.circuit_breaker.state == "open"
    return client


def test_open_circuit_makes_no_request_and_sets_retry_after(
    upstream: Upstream, opened: UpstreamClient, time: StoppedTime
) -> None:
    upstream.answers(reply(ADA))
    time.now += 10
    with pytest.raises(Unavailable, match="failed too often") as raised:
        fetch(opened)
    assert raised.value.retry_after == timedelta(seconds=20)
    assert len(upstream.requests) == 3
    assert time.sleeps == []


def test_call_that_opens_the_circuit_sets_retry_after_and_stops_retrying(
    upstream: Upstream, connect: Connect, time: StoppedTime
) -> None:
    upstream.answers(DOWN)
    with pytest.raises(Unavailable, match="internal error") as raised:
        fetch(connect(UpstreamPolicy(attempts=3, min_calls=2), time=time))
    assert raised.value.retry_after == timedelta(seconds=30)
    assert len(upstream.requests) == 2


def test_circuit_opens_at_its_failure_rate_in_any_order(upstream: Upstream, client: UpstreamClient) -> None:
    upstream.answers(DOWN, reply(ADA), reply(ADA), reply(ADA), DOWN, DOWN)
    states: list[str] = []
    for _ in range(6):
        outcome(client)
        states.append(client.circuit_breaker.state)
    assert states == ["closed"] * 5 + ["open"]


def test_circuit_stays_closed_below_min_calls(upstream: Upstream, client: UpstreamClient) -> None:
    upstream.answers(DOWN)
    for _ in range(2):
        outcome(client)
    assert client.circuit_breaker.state == "closed"


def test_attempts_older_than_the_window_are_ignored(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime
) -> None:
    upstream.answers(DOWN)
    for _ in range(2):
        outcome(client)
    time.now += POLICY.window
    outcome(client)
    assert client.circuit_breaker.state == "closed"
    assert client.circuit_breaker.window.snapshot().calls == 1


def test_window_holds_at_most_window_calls(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    client = connect(evolve(POLICY, window_calls=10), time=time)
    upstream.answers(*[reply(ADA)] * 50, DOWN)
    for _ in range(55):
        outcome(client)
    assert client.circuit_breaker.state == "open"


def test_slow_responses_are_returned_and_open_the_circuit(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime
) -> None:
    def slowly(handler: object) -> None:
        time.now += POLICY.slow_call + 0.1
        reply(ADA)(handler)  # pyright: ignore[reportArgumentType]

    upstream.answers(slowly)
    assert [outcome(client) for _ in range(3)] == [ADA] * 3
    assert client.circuit_breaker.state == "open"


@pytest.mark.parametrize(
    ("neutral", "seen_as"),
    [
        (reply(b"", status=404), None),
        (reply(b"", status=429), RateLimited),
        (reply(b"", status=400), InvalidUpstreamResponse),
        (reply(b"{"), InvalidUpstreamResponse),
    ],
    ids=["404", "429", "400", "invalid"],
)
def test_neutral_response_never_changes_the_circuit(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime, neutral: Answer, seen_as: object
) -> None:
    upstream.answers(neutral)
    assert [outcome(client) for _ in range(5)] == [seen_as] * 5
    assert client.circuit_breaker.state == "closed"

    upstream.answers(DOWN, DOWN, neutral, DOWN)
    for _ in range(4):
        outcome(client)
    assert client.circuit_breaker.state == "open"

    time.now += 30
    upstream.answers(neutral)
    assert [outcome(client) for _ in range(5)] == [seen_as] * 5
    assert client.circuit_breaker.state == "half_open"


def test_success_after_the_recovery_time_closes_the_circuit(
    upstream: Upstream, opened: UpstreamClient, time: StoppedTime
) -> None:
    upstream.answers(reply(ADA))
    time.now += 29.9
    assert outcome(opened) is not ADA
    time.now += 0.1
    assert opened.circuit_breaker.state == "half_open"
    assert outcome(opened) == ADA
    assert opened.circuit_breaker.state == "closed"


def test_failed_probe_reopens_the_circuit(upstream: Upstream, opened: UpstreamClient, time: StoppedTime) -> None:
    time.now += 30
    outcome(opened)
    assert opened.circuit_breaker.state == "open"
    assert opened.circuit_breaker.remaining == 30
    assert len(upstream.requests) == 4


def test_half_open_circuit_admits_one_probe_at_a_time(
    upstream: Upstream, opened: UpstreamClient, time: StoppedTime
) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    time.now += 30
    with ThreadPoolExecutor(51) as threads:
        probe = threads.submit(outcome, opened)
        upstream.wait_for(requests=4)
        herd = list(threads.map(outcome, [opened] * 50))
        with pytest.raises(CircuitOpen) as refused:
            fetch(opened)
        assert refused.value.retry_after == timedelta(seconds=1)
        answered.set()
        assert probe.result() == ADA
    assert set(herd) == {CircuitOpen}
    assert len(upstream.requests) == 4
    assert opened.circuit_breaker.state == "closed"


def test_success_admitted_before_opening_does_not_close_the_circuit(upstream: Upstream, client: UpstreamClient) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered), DOWN)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(outcome, client)
        upstream.wait_for(requests=1)
        for _ in range(3):
            outcome(client)
        answered.set()
        assert late.result() == ADA
    assert client.circuit_breaker.state == "open"


def test_failure_admitted_before_opening_does_not_extend_the_recovery_time(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime
) -> None:
    answered = Event()
    upstream.answers(reply(b"", status=500, after=answered), DOWN)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(outcome, client)
        upstream.wait_for(requests=1)
        for _ in range(3):
            outcome(client)
        time.now += 10
        answered.set()
        late.result()
    assert client.circuit_breaker.remaining == 20


def test_late_failure_does_not_affect_a_probe(upstream: Upstream, client: UpstreamClient, time: StoppedTime) -> None:
    late_answer, probe_answer = Event(), Event()
    upstream.answers(reply(b"", status=500, after=late_answer), DOWN, DOWN, DOWN, reply(ADA, after=probe_answer))
    with ThreadPoolExecutor(2) as threads:
        late = threads.submit(outcome, client)
        upstream.wait_for(requests=1)
        for _ in range(3):
            outcome(client)
        time.now += 30
        probe = threads.submit(outcome, client)
        upstream.wait_for(requests=5)
        late_answer.set()
        late.result()
        assert client.circuit_breaker.state == "half_open"
        probe_answer.set()
        assert probe.result() == ADA
    assert client.circuit_breaker.state == "closed"


def test_circuit_closes_after_as_many_successes_as_probes(
    upstream: Upstream, connect: Connect, time: StoppedTime
) -> None:
    client = connect(evolve(POLICY, probes=2), time=time)
    upstream.answers(DOWN, DOWN, DOWN, reply(ADA))
    for _ in range(3):
        outcome(client)
    time.now += 30
    states: list[str] = []
    for _ in range(2):
        outcome(client)
        states.append(client.circuit_breaker.state)
    assert states == ["half_open", "closed"]


def test_isolated_circuit_admits_nothing_until_closed(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime
) -> None:
    client.circuit_breaker.isolate()
    time.now += 3600
    with pytest.raises(Unavailable, match="administrator"):
        fetch(client)
    assert (client.circuit_breaker.state, upstream.requests) == ("isolated", [])
    client.circuit_breaker.close()
    assert outcome(client) == {}


def test_isolating_during_a_call_stops_its_retries(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    client = connect(UpstreamPolicy(attempts=3), time=time)

    def isolating(handler: object) -> None:
        client.circuit_breaker.isolate()
        DOWN(handler)  # pyright: ignore[reportArgumentType]

    upstream.answers(isolating)
    with pytest.raises(Unavailable, match="internal error"):
        fetch(client)
    assert (len(upstream.requests), time.sleeps, client.retry_budget.available) == (1, [], 2)


def test_override_is_applied_once_and_older_revisions_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    circuit = UpstreamCircuitBreaker("ehr", POLICY, failure=ValueError)
    circuit.apply_override(1, isolated=False)
    circuit.apply_override(3, isolated=True)
    for late in (2, 3):
        circuit.apply_override(late, isolated=False)
    assert circuit.state == "isolated"
    circuit.apply_override(4, isolated=False)
    assert [line["state"] for line in logged(caplog)] == ["isolated", "closed"]


def test_open_circuit_can_be_closed_manually(upstream: Upstream, opened: UpstreamClient) -> None:
    upstream.answers(DOWN)
    opened.circuit_breaker.close()
    assert opened.circuit_breaker.state == "closed"
    outcome(opened)
    assert opened.circuit_breaker.state == "closed"


def test_state_changes_are_logged_once_without_personal_data(
    time: StoppedTime, caplog: pytest.LogCaptureFixture
) -> None:
    circuit = UpstreamCircuitBreaker("ehr", evolve(POLICY, min_calls=2), failure=ValueError, monotonic=time.monotonic)
    for _ in range(4):
        attempt(circuit, ValueError("ada@example.org"))
    time.now += 30
    attempt(circuit, KeyError("neutral"))
    attempt(circuit)
    attempt(circuit)
    circuit.isolate()
    circuit.close()
    assert logged(caplog) == [
        {"event": "circuit_state_changed", "upstream": "ehr", "state": state}
        for state in ["open", "half_open", "closed", "isolated", "closed"]
    ]


def attempt(circuit: UpstreamCircuitBreaker, error: Exception | None = None) -> None:
    async def work() -> None:
        if error:
            raise error

    with suppress(Exception):
        asyncio.run(circuit.call_async(work))
