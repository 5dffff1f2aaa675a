"""The server while every sync hangs."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from subprocess import DEVNULL
from time import monotonic

import httpx
import pytest

from tests.e2e.conftest import running
from tests.external.faults.server import MisbehavingServer, hangs, misbehaving

TIMEOUT = 4.0
SYNCS = 20
PAUSE = 0.05  # seconds between two reads
IMMEDIATE = 2.0  # with room for a busy machine


@pytest.fixture
def upstream() -> Generator[MisbehavingServer]:
    with misbehaving(hangs) as server:
        yield server


def test_syncs_beyond_half_of_the_threads_are_refused_at_once_and_reads_continue(
    loaded: dict[str, str], port: int, upstream: MisbehavingServer
) -> None:
    settings = {
        "EXTERNAL_API_BASE_URL": upstream.url,
        "EXTERNAL_API_TIMEOUT": str(TIMEOUT),
        "EXTERNAL_API_POLICY": "min_calls=100, attempts=1, attempt_timeout=10",
    }
    with (
        running(loaded | settings, port, DEVNULL) as demo,
        httpx.Client(base_url=f"{demo.home}/api/v1", timeout=30) as api,
    ):
        credentials = {"email": "clerk@clinic.example", "password": "registry-demo"}
        api.headers["Authorization"] = f"Bearer {api.post('auth/token/', json=credentials).json()['access']}"
        patients = [one["id"] for one in api.get("patients/", params={"limit": SYNCS}).json()["results"]]

        def sync(patient: str) -> tuple[int, float]:
            started = monotonic()
            status = api.post(f"patients/{patient}/sync_external_data/").status_code
            return status, monotonic() - started

        with ThreadPoolExecutor(SYNCS) as threads:
            syncs = [threads.submit(sync, patient) for patient in patients]
            read: list[float] = []
            while wait(syncs, timeout=PAUSE).not_done:
                started = monotonic()
                assert api.get(f"patients/{patients[0]}/").status_code == 200
                read.append(monotonic() - started)
        answered = [one.result() for one in syncs]
    assert {status for status, _ in answered} == {503}
    waited = [seconds for _, seconds in answered if seconds > TIMEOUT - 0.1]
    assert len(waited) == 4
    assert max(waited) < TIMEOUT + IMMEDIATE
    assert sum(seconds < IMMEDIATE for _, seconds in answered) == SYNCS - 4
    assert len(read) > 20
    assert max(read) < IMMEDIATE
