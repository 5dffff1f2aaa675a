"""The cost of calling upstream, and the effect of a hanging or failing upstream on other requests.

Runs on one machine; compared code takes turns within one run. Takes about three minutes: python benchmarks/upstream.py
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter, sleep

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import httpx

from adapters.external.client import UpstreamClient
from adapters.external.resilience.policy import UpstreamPolicy
from bootstrap import Configuration, in_memory_registry
from core.errors import RegistryError
from tests.e2e.conftest import environment_in, running
from tests.programs import free_port

ROUNDS, CALLS = 7, 300
OUTAGE, RATE = 60, 20


class Upstream(asyncio.Protocol):
    """Responds at once, hangs or fails, as `/mode/…` sets it. `/seen` returns the number of requests."""

    mode = b"up"
    seen = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for head in data.split(b"\r\n\r\n")[:-1]:
            path = head.split(b" ", 2)[1]
            if path.startswith(b"/mode/"):
                Upstream.mode = path.removeprefix(b"/mode/")
                self.answer(200, b"{}")
            elif path == b"/seen":
                self.answer(200, b"%d" % Upstream.seen)
            else:
                Upstream.seen += 1
                if Upstream.mode != b"hang":
                    self.answer(200 if Upstream.mode == b"up" else 500, b'{"first_name": "Ada"}')

    def answer(self, status: int, body: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        head = b"HTTP/1.1 %d Status\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def upstream() -> Generator[str]:
    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


def switch(url: str, mode: str) -> None:
    httpx.get(f"{url}/mode/{mode}", trust_env=False)


def seen(url: str) -> int:
    return int(httpx.get(f"{url}/seen", trust_env=False).text)


def microseconds(call: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(CALLS):
        started = perf_counter()
        call()
        taken.append(perf_counter() - started)
    return median(taken) * 1e6


async def amicroseconds(call: Callable[[], Awaitable[object]]) -> float:
    taken: list[float] = []
    for _ in range(CALLS):
        started = perf_counter()
        await call()
        taken.append(perf_counter() - started)
    return median(taken) * 1e6


def cost_of_a_call(url: str) -> None:
    """The sync call checks overrides and saves reports like the server, but in memory. The async call does neither."""
    registry = in_memory_registry(Configuration(secret_keys=("k" * 50,), upstream_url=url))
    gateway, client = registry.gateway(), registry.upstream()
    assert client
    with httpx.Client(trust_env=False) as bare:
        pairs = [
            (
                microseconds(lambda: bare.get(f"{url}/patients/1").json()),
                microseconds(lambda: gateway.fetch("1", request_id="r")),
            )
            for _ in range(ROUNDS)
        ]
    print_cost("sync", pairs)

    async def measure() -> list[tuple[float, float]]:
        async with httpx.AsyncClient(trust_env=False) as bare:

            async def fetch_plain() -> object:
                return (await bare.get(f"{url}/patients/1")).json()

            return [
                (
                    await amicroseconds(fetch_plain),
                    await amicroseconds(lambda: client.aget_object("patients", "1", request_id="r")),
                )
                for _ in range(ROUNDS)
            ]

    print_cost("async", asyncio.run(measure()))
    client.close()


def print_cost(interface: str, pairs: list[tuple[float, float]]) -> None:
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    added = median(our - plain for plain, our in pairs)
    print(
        f"{interface:6} bare httpx {bare:6.0f} µs, whole stack {ours:6.0f} µs: adds {added / 1000:.2f} ms (at most 1.5)"
    )


def a_long_outage(url: str) -> None:
    """Calls at a steady rate, with the default policy."""
    client = UpstreamClient(url)
    policy = UpstreamPolicy()
    ended: list[tuple[float, bool]] = []

    async def call(number: int) -> None:
        try:
            await client.aget_object("patients", str(number), request_id="r")
            ended.append((perf_counter(), True))
        except RegistryError:
            ended.append((perf_counter(), False))

    async def load(seconds: float) -> None:
        begun = perf_counter()
        async with asyncio.TaskGroup() as calls:
            for number in range(int(seconds * RATE)):
                calls.create_task(call(number))
                await asyncio.sleep(max(0.0, begun + (number + 1) / RATE - perf_counter()))

    async def outage() -> None:
        await load(10)
        await asyncio.to_thread(switch, url, "fail")
        before, begun = await asyncio.to_thread(seen, url), perf_counter()
        load_on = asyncio.create_task(load(OUTAGE))
        while client.circuit_breaker.state == "closed":
            await asyncio.sleep(0.001)
        opened = await asyncio.to_thread(seen, url)
        made = round((perf_counter() - begun) * RATE)
        await load_on
        probes = await asyncio.to_thread(seen, url) - opened
        ratio = (opened - before) / made
        print(
            f"outage: {opened - before} requests for {made} calls until the circuit opened, {ratio:.2f} (at most 1.2)"
        )
        print(f"        then {probes} probes in {OUTAGE} s of {RATE} calls/s")
        await asyncio.to_thread(switch, url, "up")
        recovered = perf_counter()
        await load(policy.recovery + 3)
        first = min(at for at, succeeded in ended if succeeded and at > recovered) - recovered
        print(f"repaired: first good sync after {first:.1f} s (at most {policy.recovery + 1:.0f})")

    asyncio.run(outage())
    client.close()


@contextmanager
def served(url: str, policy: str) -> Generator[tuple[list[str], dict[str, str]]]:
    """By a real server of 8 threads: the URLs of 50 patients, and the headers of who may sync them."""
    settings = {
        "EXTERNAL_API_BASE_URL": url,
        "EXTERNAL_API_TIMEOUT": "5",
        "EXTERNAL_API_POLICY": policy,
        "LIMIT_SYNC": "1000000/second",
        "LIMIT_USER": "1000000/second",
    }
    with tempfile.TemporaryDirectory() as directory:
        environment = environment_in(Path(directory)) | settings
        with running(environment, free_port(), subprocess.DEVNULL) as demo:
            credentials = {"email": "clerk@clinic.example", "password": "registry-demo"}
            home = f"{demo.home}/api/v1"
            token = httpx.post(f"{home}/auth/token/", json=credentials).json()["access"]
            headers = {"Authorization": f"Bearer {token}"}
            found = httpx.get(f"{home}/patients/?limit=50", headers=headers).json()["results"]
            yield [f"{home}/patients/{one['id']}/" for one in found], headers


def a_hanging_upstream(url: str) -> None:
    """50 callers sync while 4 read."""
    with served(url, "min_calls=100, attempt_timeout=10") as (patients, headers):
        switch(url, "hang")
        sync_alone(patients[0], headers)
        compare_reads(patients, headers)


def compare_reads(patients: list[str], headers: dict[str, str]) -> None:
    waits: list[float] = []
    quiet: list[float] = []
    hanging: list[float] = []

    def sync(patient: str, until: Event) -> None:
        """Like a person: one sync every five seconds, whether or not the last one succeeded."""
        with httpx.Client(headers=headers, timeout=30) as api:
            while not until.is_set():
                started = perf_counter()
                api.post(f"{patient}sync_external_data/")
                waits.append(perf_counter() - started)
                until.wait(max(0.0, 5 - waits[-1]))

    def reads(seconds: float) -> float:
        def read(_: int) -> int:
            count, until = 0, perf_counter() + seconds
            with httpx.Client(headers=headers, timeout=30) as api:
                while perf_counter() < until:
                    api.get(patients[0])
                    count += 1
            return count

        with ThreadPoolExecutor(4) as threads:
            return sum(threads.map(read, range(4))) / seconds

    reads(2)
    for _ in range(3):
        quiet.append(reads(5))
        enough = Event()
        with ThreadPoolExecutor(len(patients)) as threads:
            syncs = [threads.submit(sync, patient, enough) for patient in patients]
            sleep(0.5)
            hanging.append(reads(5))
            enough.set()
            for one in syncs:
                one.result()
    ratio = median(after / before for before, after in zip(quiet, hanging, strict=True))
    hung = [wait for wait in waits if wait > 4]
    others = median(wait for wait in waits if wait < 4) * 1000
    undisturbed, disturbed = median(quiet), median(hanging)
    print(f"reads:  {undisturbed:.0f}/s, {disturbed:.0f}/s while 50 callers sync: {ratio:.2f} (at least 0.9)")
    print(
        f"        {len(hung)} of their {len(waits)} syncs waited, {max(hung):.2f} s at most; the others {others:.0f} ms"
    )


def sync_alone(patient: str, headers: dict[str, str]) -> None:
    taken: list[float] = []
    with httpx.Client(headers=headers, timeout=30) as api:
        for _ in range(4):
            started = perf_counter()
            api.post(f"{patient}sync_external_data/")
            taken.append(perf_counter() - started)
    print(f"hangs:  a sync answers after {max(taken):.3f} s (at most 5.1)")


def an_open_circuit(url: str) -> None:
    client = UpstreamClient(url, UpstreamPolicy(timeout=1.0, attempt_timeout=0.2))
    switch(url, "hang")
    for _ in range(5):
        refused(client)
    assert client.circuit_breaker.state == "open"
    taken = sorted(refused(client) for _ in range(200))
    print(f"open:   a call is refused in {taken[100] * 1000:.2f} ms, 99 of 100 in {taken[198] * 1000:.2f} (at most 20)")
    client.close()

    with served(url, "recovery=600") as (patients, headers), httpx.Client(headers=headers, timeout=30) as api:
        switch(url, "fail")
        for _ in range(20):
            api.post(f"{patients[0]}sync_external_data/")
        before = seen(url)
        requests = sorted(answered(api, f"{patients[0]}sync_external_data/") for _ in range(200))
        assert seen(url) == before
    print(
        f"        a whole request takes {requests[100] * 1000:.1f} ms, {requests[-1] * 1000:.1f} at most (at most 20)"
    )


def answered(api: httpx.Client, url: str) -> float:
    started = perf_counter()
    api.post(url)
    return perf_counter() - started


def refused(client: UpstreamClient) -> float:
    started = perf_counter()
    try:
        client.get_object("patients", "1", request_id="r")
    except RegistryError:
        return perf_counter() - started
    raise AssertionError("The call succeeded.")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        os.environ.setdefault("NO_PROXY", "127.0.0.1")
        for measure in (cost_of_a_call, an_open_circuit, a_hanging_upstream, a_long_outage):
            with upstream() as url:
                measure(url)
