"""The layers together, with many concurrent calls, some of them cancelled."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Event
from time import monotonic

import pytest
from attrs import evolve

from adapters.external.client import UpstreamClient, UpstreamResponse
from adapters.external.errors import CircuitOpen, TooManyCalls, UpstreamDown
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import RegistryError
from tests.external.conftest import Connect, StoppedTime
from tests.external.upstream import Upstream, hang, reply

ADA = {"first_name": "Ada"}
DOWN = reply(b"", status=500)
THREADS = 100
POLICY = UpstreamPolicy(attempts=1, min_calls=3, probes=2, recovery=30, max_threads=THREADS)
ids = count()


Ask = Callable[[UpstreamClient], Coroutine[object, object, object]]


async def asked(client: UpstreamClient, patient: str | None = None) -> object:
    """The document or the kind of error; for a new patient unless one is given."""
    try:
        answer = await client.aget_object("patients", patient or str(next(ids)), request_id="r")
        return answer and answer.document
    except RegistryError as error:
        return type(error)


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Generator[Ask]:
    """Calls from a thread or from a task, each for a new patient."""

    def get(client: UpstreamClient) -> object:
        try:
            answer = client.get_object("patients", str(next(ids)), request_id="r")
            return answer and answer.document
        except RegistryError as error:
            return type(error)

    with ThreadPoolExecutor(THREADS) as threads:

        async def asked_by_a_thread(client: UpstreamClient) -> object:
            return await asyncio.get_running_loop().run_in_executor(threads, get, client)

        yield asked if request.param == "async" else asked_by_a_thread


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not true():
            await asyncio.sleep(0.005)


async def in_a_thread(work: Callable[[], object]) -> None:
    await asyncio.to_thread(work)


def opened(upstream: Upstream, connect: Connect, time: StoppedTime, policy: UpstreamPolicy = POLICY) -> UpstreamClient:
    client = connect(policy, time=time)
    upstream.answers(DOWN)
    asyncio.run(each(lambda: asked(client), 3))
    assert client.circuit_breaker.state == "open"
    upstream.requests.clear()
    return client


async def each(call: Callable[[], Awaitable[object]], times: int) -> list[object]:
    return await asyncio.gather(*(call() for _ in range(times)))


def test_half_open_circuit_admits_only_its_probes_of_many_callers(
    upstream: Upstream, connect: Connect, time: StoppedTime, ask: Ask
) -> None:
    client = opened(upstream, connect, time)
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    time.now += 30

    async def herd() -> list[object]:
        calls = [asyncio.create_task(ask(client)) for _ in range(THREADS)]
        await until(lambda: sum(call.done() for call in calls) == THREADS - 2)
        answered.set()
        return await asyncio.gather(*calls)

    outcomes = asyncio.run(herd())
    assert (outcomes.count(ADA), outcomes.count(CircuitOpen)) == (2, 98)
    assert len(upstream.requests) == 2
    assert client.circuit_breaker.state == "closed"


def test_cancelled_probe_releases_its_permit(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    client = opened(upstream, connect, time, evolve(POLICY, probes=1))
    upstream.answers(hang, reply(ADA))
    time.now += 30

    async def scenario() -> object:
        probe = asyncio.create_task(asked(client))
        await in_a_thread(lambda: upstream.wait_for(1))
        assert await asked(client) is CircuitOpen
        probe.cancel()
        await until(lambda: client.in_flight == 0)
        assert client.circuit_breaker.state == "half_open"
        return await asked(client)

    assert asyncio.run(scenario()) == ADA
    assert client.circuit_breaker.state == "closed"


def test_concurrent_calls_for_one_record_share_one_request(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect()

    async def scenario() -> list[object]:
        calls = asyncio.gather(*(asked(client, "7") for _ in range(50)))
        await in_a_thread(lambda: upstream.wait_for(1))
        answered.set()
        return await calls

    assert asyncio.run(scenario()) == [ADA] * 50
    assert len(upstream.requests) == 1
    assert asyncio.run(asked(client, "7")) == ADA
    assert len(upstream.requests) == 2


def test_shared_response_says_how_long_before_it_was_requested(
    upstream: Upstream, connect: Connect, time: StoppedTime
) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect(time=time)

    async def scenario() -> list[timedelta]:
        first = asyncio.create_task(client.aget_object("patients", "7", request_id="r"))
        await in_a_thread(lambda: upstream.wait_for(1))
        time.now += 2
        second = asyncio.create_task(client.aget_object("patients", "7", request_id="r"))
        await asyncio.sleep(0.05)
        answered.set()
        return [answer.requested_before for answer in await asyncio.gather(first, second) if answer]

    assert asyncio.run(scenario()) == [timedelta(), timedelta(seconds=2)]


def test_error_reaches_every_waiter_of_a_shared_call(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(b"", status=500, after=answered))
    client = connect()

    async def scenario() -> list[object]:
        calls = asyncio.gather(*(asked(client, "7") for _ in range(20)))
        await in_a_thread(lambda: upstream.wait_for(1))
        answered.set()
        return await calls

    assert asyncio.run(scenario()) == [UpstreamDown] * 20
    assert client.circuit_breaker.window.snapshot().calls == 1


def test_shared_call_survives_a_cancelled_waiter(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect()

    async def scenario() -> object:
        first, second = (asyncio.create_task(asked(client, "7")) for _ in range(2))
        await in_a_thread(lambda: upstream.wait_for(1))
        first.cancel()
        await asyncio.wait([first])
        answered.set()
        return await second

    assert asyncio.run(scenario()) == ADA
    assert len(upstream.requests) == 1


def test_call_is_cancelled_with_its_last_waiter(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(hang, reply(ADA))
    client = connect(UpstreamPolicy(attempts=1, max_calls=1))

    async def scenario() -> object:
        given_up = asyncio.create_task(asked(client, "7"))
        await in_a_thread(lambda: upstream.wait_for(1))
        given_up.cancel()
        await until(lambda: client.in_flight == 0)
        return await asked(client, "7")

    assert asyncio.run(scenario()) == ADA
    assert client.circuit_breaker.window.snapshot().calls == 1


def test_permits_are_released_after_mass_cancellation(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(hang)
    client = connect(UpstreamPolicy(attempts=1, max_calls=10))

    async def scenario() -> list[object]:
        for wave in range(1, 6):
            calls = [asyncio.create_task(asked(client)) for _ in range(50)]
            await in_a_thread(lambda: upstream.wait_for(wave * 10))  # noqa: B023 (awaited here)
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
            await until(lambda: client.in_flight == 0)
        upstream.answers(reply(ADA))
        return await each(lambda: asked(client), 10)

    assert asyncio.run(scenario()) == [ADA] * 10
    assert client.circuit_breaker.window.snapshot().failure_rate == 0


def test_calls_beyond_the_bulkhead_are_refused_and_not_counted(upstream: Upstream, connect: Connect, ask: Ask) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect(evolve(POLICY, max_calls=10))

    async def scenario() -> list[object]:
        calls = [asyncio.create_task(ask(client)) for _ in range(30)]
        await until(lambda: sum(call.done() for call in calls) == 20)
        answered.set()
        return await asyncio.gather(*calls)

    outcomes = asyncio.run(scenario())
    assert (outcomes.count(ADA), outcomes.count(TooManyCalls)) == (10, 20)
    assert client.circuit_breaker.window.snapshot().calls == 10


def test_bulk_calls_never_exceed_max_calls(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    client = connect(UpstreamPolicy(max_calls=1))
    found = client.get_objects([("patients", str(n)) for n in range(20)], request_id="r")
    assert all(isinstance(answer, UpstreamResponse) for _, answer in found)


def test_bulk_raises_circuit_open_when_its_last_calls_open_the_circuit(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(status=500))
    client = connect(UpstreamPolicy(attempts=1, min_calls=3))
    found: list[object] = []
    with pytest.raises(CircuitOpen):  # noqa: PT012 (results of calls in flight come first)
        for _, answer in client.get_objects([("patients", str(n)) for n in range(3)], request_id="r"):
            found.append(type(answer))
    assert found == [UpstreamDown] * 3


def test_threads_beyond_max_threads_are_refused_at_once(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect(UpstreamPolicy(attempts=1, max_threads=2))
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(client.get_object, "patients", str(n), request_id="r") for n in range(2)]
        upstream.wait_for(2)
        started = monotonic()
        with pytest.raises(TooManyCalls):
            client.get_object("patients", "3", request_id="r")
        assert monotonic() - started < 0.5
        answered.set()
        assert all(call.result() for call in waiting)
    assert client.get_object("patients", "3", request_id="r")


def test_retries_do_not_multiply_an_outage(upstream: Upstream, connect: Connect, time: StoppedTime, ask: Ask) -> None:
    policy = UpstreamPolicy(attempts=3, retry_share=0.1, retry_floor=0.0, min_calls=100, window_calls=1000)
    client = connect(policy, time=time)
    upstream.answers(DOWN)

    async def calls() -> None:
        for _ in range(60):
            await ask(client)

    asyncio.run(calls())
    assert 60 * 1.1 < len(upstream.requests) <= 60 * 1.1 + 2


def test_retry_budget_refills_over_time(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    client = connect(UpstreamPolicy(attempts=3, retry_floor=0.1, min_calls=100), time=time)
    upstream.answers(DOWN)
    for expected in (3, 4, 7):
        asyncio.run(asked(client))
        assert len(upstream.requests) == expected
        time.now += 5 if expected == 3 else 20


def test_retry_budget_is_capped_at_one_calls_retries(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    client = connect(UpstreamPolicy(attempts=3, retry_floor=0.1, min_calls=100), time=time)
    upstream.answers(DOWN)
    assert client.retry_budget.available == 2
    time.now += 86_400
    for _ in range(2):
        asyncio.run(asked(client))
    assert len(upstream.requests) == 3 + 1


class Interruption(Exception):
    pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer signals.")
def test_interrupted_thread_cancels_its_call(upstream: Upstream, connect: Connect) -> None:
    def interrupt(*_: object) -> None:
        raise Interruption

    upstream.answers(hang)
    client = connect(UpstreamPolicy(attempts=1, timeout=60, attempt_timeout=60))
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interruption):
            client.get_object("patients", "1", request_id="r")
    finally:
        signal.signal(signal.SIGALRM, before)
    asyncio.run(until(lambda: client.in_flight == 0))


def test_call_in_flight_completes_after_client_is_closed(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect()

    async def scenario() -> object:
        call = asyncio.create_task(asked(client))
        await in_a_thread(lambda: upstream.wait_for(1))
        await in_a_thread(client.close)
        answered.set()
        return await call

    assert asyncio.run(scenario()) == ADA
    gc.collect()  # reports a connection that was left open


def test_two_event_loops_and_a_thread_share_one_circuit_breaker(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    client = connect()
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: asyncio.run(asked(client)), range(10)))
    answer = client.get_object("patients", "1", request_id="r")
    assert [*found, answer and answer.document] == [ADA] * 11
    assert client.circuit_breaker.window.snapshot().calls == 11
