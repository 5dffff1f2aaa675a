"""Several processes answer one server's requests, and each of them for what all have counted."""

import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import UNREACHABLE_CACHE, manage
from tests.programs import wait_for_port

LIVE = {"method": "GET", "route": "/health/live"}


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    path = tmp_path / "metrics"
    path.mkdir()
    return path


@pytest.fixture
def url(environment: dict[str, str], port: int, counts: Path) -> Generator[str]:
    """A server of two processes, which the scraper calls without TLS."""
    settings = {
        "GRANIAN_PORT": str(port),
        "GRANIAN_RESPAWN_INTERVAL": "0.1",
        "DJANGO_ENV": "production",
        "CACHE_URL": UNREACHABLE_CACHE,
        "SECRET_KEY": "a secret of sixty characters, which is long enough for this one",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PROMETHEUS_MULTIPROC_DIR": str(counts),
    }
    with manage(environment | settings, "serve") as process:
        try:
            wait_for_port(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def value(url: str, name: str, labels: dict[str, str]) -> float:
    with urlopen(f"{url}/metrics", timeout=10) as response:
        families = text_string_to_metric_families(response.read().decode())
    samples = [sample for family in families for sample in family.samples]
    return sum(one.value for one in samples if one.name == f"patient_registry_{name}" and labels == one.labels)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError):  # of a process that is being killed
            if happened():
                return
        time.sleep(0.05)
    raise AssertionError


def test_metrics_of_all_processes_are_summed_and_outlive_them(url: str, counts: Path) -> None:
    def answered() -> float:
        return value(url, "http_requests_total", {**LIVE, "status": "200"})

    def timed() -> float:
        return value(url, "http_request_duration_seconds_count", LIVE)

    def servers() -> float:
        return value(url, "servers", {})

    def make(requests: int) -> None:
        for _ in range(requests):
            urlopen(f"{url}/health/live", timeout=10).close()

    wait_until(lambda: servers() == 2)
    make(40)
    assert (answered(), timed()) == (40, 40)
    counting = [int(path.stem.removeprefix("counter_")) for path in counts.glob("counter_*.db")]
    assert len(counting) == 2

    os.kill(counting[0], signal.SIGKILL)
    gone = counts / f"gauge_livesum_{counting[0]}.db"
    wait_until(lambda: servers() == 2 and not gone.exists())
    assert (answered(), timed()) == (40, 40)
    make(10)
    assert (answered(), timed()) == (50, 50)
