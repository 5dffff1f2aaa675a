"""A flood of requests that nobody is signed in for, at ten times what the server can do at once. `FLOOD_SECONDS` makes
it longer."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import monotonic

import httpx
import pytest
from attrs import frozen

from tests.e2e.brokers import redis
from tests.e2e.conftest import ROOT, finished, manage
from tests.e2e.deployment import family
from tests.e2e.production import Production, register, until
from tests.e2e.proxy import Proxy, proxied
from tests.programs import free_port

SECONDS = float(os.environ.get("FLOOD_SECONDS", "2"))
THREADS = 16  # of the server: two processes with eight each
FLOODING = 10 * THREADS + 40
ANSWERED_WITHIN = 5  # seconds, where tests share a few processors; usually one
AS_FAST = 0.8  # of before
GROWTH = 64 * 1024  # KiB
EMAIL, PASSWORD = "owner@clinic.example", "correct horse battery"

pytestmark = pytest.mark.soak


@frozen
class Served:
    proxy: Proxy
    pids: dict[str, int]
    reads: httpx.Client
    path: str

    def memory(self) -> dict[str, int]:
        """Resident memory in KiB."""
        return {name: sum(map(resident, family(pid))) for name, pid in self.pids.items()}

    def timed_reads(self, seconds: float) -> list[float]:
        times: list[float] = []
        end = monotonic() + seconds
        while (began := monotonic()) < end:
            assert self.reads.get(self.path).status_code == 200
            times.append(monotonic() - began)
        return times

    def capacity(self, seconds: float = 1, clients: int = 4) -> float:
        """Reads per second."""
        with ThreadPoolExecutor(clients) as pool:
            return sum(len(times) for times in pool.map(self.timed_reads, [seconds] * clients)) / seconds


@contextmanager
def flood(proxy: Proxy) -> Generator[Counter[str]]:
    """While the block runs. Gives the answers by status, at the end."""
    answers = Counter[str]()
    command = [sys.executable, "-m", "tests.e2e.flood", str(proxy.port), str(FLOODING)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield answers
        finally:
            answers.update(json.loads(process.communicate()[0]))


def sign_in(client: httpx.Client) -> int:
    return client.post("/api/v1/auth/token/", json={"email": EMAIL, "password": PASSWORD}).status_code


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.fixture
def served(production: Production, tmp_path: Path) -> Generator[Served]:
    owner = {"ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD}
    assert finished(manage(production.environment | owner, "create_superuser_from_env"))[0] == 0
    with (
        redis(free_port(), tmp_path) as cache,
        production.served(CACHE_URL=cache, LIMIT_USER="1000000/minute") as (process, direct),
    ):
        with direct() as client:
            port, patient = client.base_url.port or 0, register(client).json()["id"]
        with (
            proxied(tmp_path, port) as proxy,
            proxy.client(Authorization=f"Bearer {production.token}") as reads,
        ):
            yield Served(proxy, {"server": process.pid, "proxy": proxy.pid}, reads, f"/api/v1/patients/{patient}/")


def test_a_flood_does_not_block_signed_in_users_or_sign_ins_from_known_networks(served: Served) -> None:
    with served.proxy.client() as owner:
        assert sign_in(owner) == 200
    served.capacity()
    before, memory = served.capacity(), served.memory()
    reads: list[float] = []
    with flood(served.proxy) as answers, served.proxy.client() as probe:
        end = monotonic() + SECONDS
        reads += served.timed_reads(SECONDS / 4)
        assert sign_in(probe) == 200
        while monotonic() < end:
            reads += served.timed_reads(0.2)
            for path in ("/health/live", "/health/ready"):
                began = monotonic()
                assert probe.get(path).status_code == 200
                assert monotonic() - began < ANSWERED_WITHIN
        grown = {name: now - memory[name] for name, now in served.memory().items()}
    recovering, after = monotonic(), [served.capacity()]
    until(lambda: after[-1] > before * AS_FAST or after.append(served.capacity()))
    print(
        f"{before:.0f} reads a second before, {after[-1]:.0f} after {monotonic() - recovering:.0f} s."
        f" In {SECONDS:.0f} s of flood: {sum(answers.values())} answers {dict(answers)}; {len(reads)} reads in"
        f" {median(reads):.3f} s, 95 % in {quantiles(reads, n=20)[-1]:.3f} s, all in {max(reads):.3f} s."
        f" Memory in KiB: {memory}, grown by {grown}."
    )
    assert max(reads) < ANSWERED_WITHIN
    assert max(grown.values()) < GROWTH
