"""An outage under steady load, in its own time: what upstream sees of it, and how soon it is over when it is."""

import asyncio
from time import monotonic

from adapters.external.client import UpstreamClient
from adapters.external.policy import UpstreamPolicy
from core.errors import RegistryError
from tests.external.conftest import Connect
from tests.external.upstream import Upstream, reply

ADA = {"first_name": "Ada"}
RATE = 50
RECOVERY = 1.0


async def load(client: UpstreamClient, seconds: float) -> list[tuple[float, bool]]:
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
            calls.create_task(call(number))
            await asyncio.sleep(begun + number / RATE - monotonic())
    return ended


def test_upstream_sees_little_of_an_outage_and_is_taken_up_again_soon(upstream: Upstream, connect: Connect) -> None:
    client = connect(UpstreamPolicy(recovery=RECOVERY, timeout=2.0, backoff=0.02, backoff_cap=0.05))
    upstream.answers(reply(ADA))
    asyncio.run(load(client, 1.0))
    upstream.requests.clear()
    upstream.answers(reply(b"", status=500))

    until_open = 0
    outage = monotonic()

    async def outage_under_load() -> list[tuple[float, bool]]:
        nonlocal until_open
        calls = asyncio.create_task(load(client, 5.0))
        while client.circuit.state == "closed":
            await asyncio.sleep(0.001)
        until_open = int((monotonic() - outage) * RATE) + 1
        seen = len(upstream.requests)
        ended = await calls
        probes = len(upstream.requests) - seen
        assert 2 <= probes <= 2 * 5 / RECOVERY
        assert seen <= 1.2 * until_open + 2
        return ended

    assert not any(well for _, well in asyncio.run(outage_under_load()))
    upstream.answers(reply(ADA))
    healed = monotonic()
    first = next(at for at, well in asyncio.run(load(client, RECOVERY + 1.5)) if well)
    assert first - healed < RECOVERY + 1
    assert client.circuit.state == "closed"
