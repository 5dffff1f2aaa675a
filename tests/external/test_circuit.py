"""When an upstream is left alone, and how it is taken up again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from structlog.testing import capture_logs

from adapters.external.circuit import Circuit
from adapters.external.client import UpstreamClient
from adapters.external.policy import UpstreamPolicy
from core.errors import InvalidAnswer, RateLimited, RegistryError, Unavailable
from tests.external.conftest import Connect, StoppedTime
from tests.external.upstream import Answer, Upstream, reply

ADA = {"first_name": "Ada"}
DOWN = reply(b"", status=500)
POLICY = UpstreamPolicy(attempts=1, failure_threshold=3, recovery=30.0)


def outcome(client: UpstreamClient) -> object:
    try:
        return client.get_object("patients", "1", request_id="r")
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
    assert client.circuit.state == "open"
    return client


def test_an_open_circuit_calls_nobody_and_says_when_to_come_again(
    upstream: Upstream, opened: UpstreamClient, time: StoppedTime
) -> None:
    upstream.answers(reply(ADA))
    time.now += 10
    with pytest.raises(Unavailable, match="left alone") as raised:
        opened.get_object("patients", "1", request_id="r")
    assert raised.value.retry_after == timedelta(seconds=20)
    assert len(upstream.requests) == 3
    assert time.sleeps == []


def test_the_call_that_opens_it_says_when_to_come_again_and_tries_no_more(
    upstream: Upstream, connect: Connect, time: StoppedTime
) -> None:
    upstream.answers(DOWN)
    with pytest.raises(Unavailable, match="failure of its own") as raised:
        connect(UpstreamPolicy(attempts=3, failure_threshold=2), time=time).get_object("p", "1", request_id="r")
    assert raised.value.retry_after == timedelta(seconds=30)
    assert len(upstream.requests) == 2


def test_a_success_in_between_starts_the_count_again(upstream: Upstream, client: UpstreamClient) -> None:
    upstream.answers(DOWN, DOWN, reply(ADA), DOWN, DOWN, reply(ADA))
    for _ in range(6):
        outcome(client)
    assert client.circuit.state == "closed"


@pytest.mark.parametrize(
    ("neutral", "seen_as"),
    [
        (reply(b"", status=404), None),
        (reply(b"", status=429), RateLimited),
        (reply(b"", status=400), InvalidAnswer),
        (reply(b"{"), InvalidAnswer),
    ],
    ids=["404", "429", "400", "invalid"],
)
def test_a_neutral_answer_neither_counts_nor_resets_nor_closes(
    upstream: Upstream, client: UpstreamClient, time: StoppedTime, neutral: Answer, seen_as: object
) -> None:
    upstream.answers(neutral)
    assert [outcome(client) for _ in range(5)] == [seen_as] * 5
    assert client.circuit.state == "closed"

    upstream.answers(DOWN, DOWN, neutral, DOWN)
    for _ in range(4):
        outcome(client)
    assert client.circuit.state == "open"

    time.now += 30
    upstream.answers(neutral)
    assert [outcome(client) for _ in range(5)] == [seen_as] * 5
    assert client.circuit.state == "half_open"


def test_after_the_recovery_a_success_closes_it(upstream: Upstream, opened: UpstreamClient, time: StoppedTime) -> None:
    upstream.answers(reply(ADA))
    time.now += 29.9
    assert outcome(opened) is not ADA
    time.now += 0.1
    assert opened.circuit.state == "half_open"
    assert outcome(opened) == ADA
    assert opened.circuit.state == "closed"


def test_after_the_recovery_one_failure_opens_it_for_as_long_again(
    upstream: Upstream, opened: UpstreamClient, time: StoppedTime
) -> None:
    time.now += 30
    outcome(opened)
    assert opened.circuit.state == "open"
    assert opened.circuit.seconds_left == 30
    assert len(upstream.requests) == 4


def test_half_open_lets_one_call_through_at_a_time(
    upstream: Upstream, opened: UpstreamClient, time: StoppedTime
) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    time.now += 30
    with ThreadPoolExecutor(51) as threads:
        probe = threads.submit(outcome, opened)
        upstream.wait_for(requests=4)
        herd = list(threads.map(outcome, [opened] * 50))
        answered.set()
        assert probe.result() == ADA
    assert set(herd) <= {Unavailable, *Unavailable.__subclasses__()}
    assert len(upstream.requests) == 4
    assert opened.circuit.state == "closed"


def test_a_success_from_before_the_opening_does_not_close_it(upstream: Upstream, client: UpstreamClient) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered), DOWN)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(outcome, client)
        upstream.wait_for(requests=1)
        for _ in range(3):
            outcome(client)
        answered.set()
        assert late.result() == ADA
    assert client.circuit.state == "open"


def test_a_failure_from_before_the_opening_does_not_prolong_it(
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
    assert client.circuit.seconds_left == 20


def test_a_late_failure_does_not_fail_the_probe(upstream: Upstream, client: UpstreamClient, time: StoppedTime) -> None:
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
        assert client.circuit.state == "half_open"
        probe_answer.set()
        assert probe.result() == ADA
    assert client.circuit.state == "closed"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupted_probe_makes_way_for_another(time: StoppedTime, interruption: type[BaseException]) -> None:
    circuit = Circuit("ehr", threshold=1, recovery=30.0, failure=ValueError, monotonic=time.monotonic)
    with pytest.raises(ValueError, match="down"):
        circuit.call(raising(ValueError("down")))
    time.now += 30
    with pytest.raises(interruption):
        circuit.call(raising(interruption()))
    assert circuit.state == "half_open"
    assert circuit.call(lambda: 5) == 5
    assert circuit.state == "closed"


def test_each_change_is_logged_once_and_without_personal_data(time: StoppedTime) -> None:
    circuit = Circuit("ehr", threshold=2, recovery=30.0, failure=ValueError, monotonic=time.monotonic)
    with capture_logs() as lines:
        for _ in range(4):
            with pytest.raises((ValueError, Unavailable)):
                circuit.call(raising(ValueError("ada@example.org")))
        time.now += 30
        with pytest.raises(KeyError):
            circuit.call(raising(KeyError("neutral")))
        circuit.call(lambda: None)
        circuit.call(lambda: None)
    assert lines == [
        {"event": event, "upstream": "ehr", "state": state, "log_level": "warning"}
        for event, state in [
            ("circuit_opened", "open"),
            ("circuit_half_opened", "half_open"),
            ("circuit_closed", "closed"),
        ]
    ]


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work
