"""An outage under steady load, in its own time: what upstream sees of it, and how soon it is over when it is."""

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
    """When each call ended, and whether well."""
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
    """A tenth more, the two retries that were saved up, and one for each ten seconds of a second or so."""
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

    assert not any(well for _, well in asyncio.run(outage_under_load()))
    upstream.answers(reply(ADA))
    healed = monotonic()
    first = next(at for at, well in asyncio.run(load(client, RECOVERY + 1.0)) if well)
    assert first - healed < RECOVERY + 1
    assert client.circuit_breaker.state == "closed"
