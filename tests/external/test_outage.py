"""An outage under steady load: the requests that upstream gets, and the time until calls succeed again."""

import asyncio
from collections.abc import Callable
from itertools import count
from time import monotonic

import pytest

from adapters.external.client import UpstreamClient
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import RegistryError, Unavailable
from tests.external.conftest import Connect
from tests.external.upstream import Upstream, reply

ADA = {"first_name": "Ada"}
RATE = 50
RECOVERY = 0.5
OUTAGE = 2.5


async def load(
    client: UpstreamClient, seconds: float, begins: Callable[[], object] = lambda: None
) -> list[tuple[float, bool]]:
    """The time when each call ended, and whether it succeeded."""
    ended: list[tuple[float, bool]] = []

    async def call(number: int) -> None:
        try:
            await client.aget_object("patients", str(number), request_id="r")
            ended.append((monotonic(), True))
        except RegistryError:
            ended.append((monotonic(), False))

    begun = monotonic()
    async with asyncio.TaskGroup() as calls:
        for number in range(int(seconds * RATE)):
            begins()
            calls.create_task(call(number))
            await asyncio.sleep(begun + number / RATE - monotonic())
    return ended


def most_requests(calls: int) -> float:
    """A tenth more than the calls, the two initial retries, and one retry per ten seconds, for about a second."""
    return calls * 1.1 + 2 + 0.2


def test_new_process_uses_its_two_retries_before_the_circuit_opens(upstream: Upstream, connect: Connect) -> None:
    client = connect(UpstreamPolicy())
    upstream.answers(reply(b"", status=500))
    calls = 0
    while client.circuit_breaker.state == "closed":
        calls += 1
        with pytest.raises(Unavailable):
            client.get_object("patients", str(calls), request_id="r")
    assert (calls, len(upstream.requests)) == (3, 5)


def test_outage_causes_few_requests_and_recovery_is_quick(upstream: Upstream, connect: Connect) -> None:
    client = connect(UpstreamPolicy(recovery=RECOVERY, timeout=2.0, backoff=0.02, backoff_cap=0.05))
    upstream.answers(reply(ADA))
    asyncio.run(load(client, 0.5))
    upstream.requests.clear()
    upstream.answers(reply(b"", status=500))

    begun = count(1)

    async def outage_under_load() -> list[tuple[float, bool]]:
        calls = asyncio.create_task(load(client, OUTAGE, begun.__next__))
        while client.circuit_breaker.state == "closed":
            await asyncio.sleep(0.001)
        seen, until_open = len(upstream.requests), next(begun) - 1
        ended = await calls
        probes = len(upstream.requests) - seen
        assert 2 <= probes <= 2 * OUTAGE / RECOVERY
        assert seen <= most_requests(until_open)
        return ended

    assert not any(succeeded for _, succeeded in asyncio.run(outage_under_load()))
    upstream.answers(reply(ADA))
    repaired = monotonic()
    first = next(at for at, succeeded in asyncio.run(load(client, RECOVERY + 1.0)) if succeeded)
    assert first - repaired < RECOVERY + 1
    assert client.circuit_breaker.state == "closed"
