"""The demo upstream as a separate process that misbehaves on request."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import httpx
import pytest
from django.core.management import CommandError

from adapters.cli.demo_data import VISITOR_ID, upstream_records
from tests.e2e.conftest import printed

MANAGE = Path(__file__).parents[2] / "manage.py"


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(MANAGE), "upstream_simulator", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    with start("--port", "0") as process:
        assert process.stdout
        url = printed_url(process)
        assert "curl -X PUT" in process.stdout.readline()
        yield url
        process.terminate()
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")


def printed_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    match = re.search(r"http://127\.0\.0\.1:[1-9]\d*", process.stdout.readline())
    assert match, process.communicate(timeout=60)
    return match[0]


@pytest.fixture
def upstream(url: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield client
        client.put("/control", json={"latency": 0, "error_rate": 0, "rate_limit": None, "outage": False})


def answered(upstream: httpx.Client, what: str) -> int:
    return upstream.get("/control").json()["answered"].get(what, 0)


def test_known_patient_is_returned(upstream: httpx.Client) -> None:
    response = upstream.get(f"/patients/{VISITOR_ID}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == upstream_records()[VISITOR_ID]


def test_id_in_the_path_is_decoded(upstream: httpx.Client) -> None:
    assert upstream.get("/patients/%45HR%2D90001?for=me").json()["id"] == VISITOR_ID


@pytest.mark.parametrize("path", ["/patients/EHR-00010", "/patients/a%2Fb", "/patients/", "/", "/patients/a/b"])
def test_unknown_path_returns_404(upstream: httpx.Client, path: str) -> None:
    response = upstream.get(path)
    assert response.status_code == 404
    assert response.json().keys() == {"error"}


def test_error_rate_of_1_fails_every_call(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"error_rate": 1})
    assert {upstream.get(f"/patients/{VISITOR_ID}").status_code for _ in range(20)} == {500}
    upstream.put("/control", json={"error_rate": 0})
    assert upstream.get(f"/patients/{VISITOR_ID}").status_code == 200


def test_error_rate_of_one_half_fails_some_calls(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"error_rate": 0.5})
    assert {upstream.get(f"/patients/{VISITOR_ID}").status_code for _ in range(64)} == {200, 500}


def test_latency_delays_responses(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"latency": 0.3})
    start_time = monotonic()
    assert upstream.get(f"/patients/{VISITOR_ID}").status_code == 200
    assert monotonic() - start_time >= 0.3


def test_slow_responses_block_neither_each_other_nor_the_control(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"latency": 2})
    start_time = monotonic()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(upstream.get, f"/patients/{VISITOR_ID}") for _ in range(8)]
        assert upstream.get("/control").status_code == 200
        assert not any(call.done() for call in calls)
        assert {call.result().status_code for call in calls} == {200}
    assert monotonic() - start_time < 8 * 2


def test_call_over_the_rate_limit_gets_429_with_retry_after(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"rate_limit": 0})
    response = upstream.get(f"/patients/{VISITOR_ID}")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "1"


def test_rate_limit_admits_that_many_calls_per_second(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"rate_limit": 3})
    admitted: list[tuple[float, float]] = []
    refused = 0
    while len(admitted) < 4:
        asked = monotonic()
        if upstream.get(f"/patients/{VISITOR_ID}").status_code == 200:
            admitted.append((asked, monotonic()))
        else:
            refused += 1
    assert admitted[3][1] - admitted[0][0] >= 1
    assert refused


def test_outage_closes_connections_without_a_response(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"outage": True})
    with pytest.raises(httpx.RemoteProtocolError):
        upstream.get(f"/patients/{VISITOR_ID}")
    upstream.put("/control", json={"outage": False})
    assert upstream.get(f"/patients/{VISITOR_ID}").status_code == 200


def test_control_shows_switches_and_counts_responses(upstream: httpx.Client) -> None:
    before = {what: answered(upstream, what) for what in ("200", "404", "no answer")}
    upstream.get(f"/patients/{VISITOR_ID}")
    upstream.get("/patients/nobody")
    switched = upstream.put("/control", json={"latency": 0.01, "outage": True}).json()["switches"]
    assert switched == {"latency": 0.01, "error_rate": 0, "rate_limit": None, "outage": True}
    with pytest.raises(httpx.RemoteProtocolError):
        upstream.get(f"/patients/{VISITOR_ID}")
    assert {what: answered(upstream, what) - count for what, count in before.items()} == dict.fromkeys(before, 1)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"latency": -1}', "latency"),
        ('{"latency": NaN}', "latency"),
        ('{"latency": 1e999}', "latency"),
        ('{"latency": true}', "latency"),
        ('{"error_rate": 1.01}', "error_rate"),
        ('{"error_rate": "0.5"}', "error_rate"),
        ('{"rate_limit": 2.5}', "rate_limit"),
        ('{"rate_limit": -1}', "rate_limit"),
        ('{"outage": 1}', "outage"),
        ('{"outage": null}', "outage"),
        ('{"error_rate": 1, "colour": 1}', "colour"),
        ("[1]", "JSON object"),
        ("{", "JSON"),
        ("", "JSON"),
        ("[" * 9_999, "JSON"),
        ("9" * 9_999, "JSON"),
        ("\ud800".encode("utf-8", "surrogatepass"), "JSON"),
        (json.dumps({"latency": 0, "padding": "x" * 20_000}), "10000 bytes"),
    ],
)
def test_invalid_switch_is_refused_by_name_and_changes_nothing(
    upstream: httpx.Client, body: str | bytes, named: str
) -> None:
    before = upstream.get("/control").json()["switches"]
    refusal = upstream.put("/control", content=body)
    assert refusal.status_code == 400
    assert named in refusal.json()["error"]
    assert upstream.get("/control").json()["switches"] == before


def test_options_set_the_switches() -> None:
    options = ["--latency", "0.5", "--error-rate", "0.25", "--rate-limit", "7", "--outage"]
    with start("--port", "0", *options) as process:
        control = httpx.get(printed_url(process) + "/control", trust_env=False)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    expected = {"latency": 0.5, "error_rate": 0.25, "rate_limit": 7, "outage": True}
    assert control.json()["switches"] == expected


def test_stops_immediately_despite_slow_calls() -> None:
    with start("--port", "0", "--latency", "600") as process:
        url = httpx.URL(printed_url(process))
        with socket.create_connection((url.host, url.port or 0), timeout=60) as caller:
            caller.sendall(f"GET /patients/{VISITOR_ID} HTTP/1.1\r\n\r\n".encode())
            httpx.get(url.join("/control"), trust_env=False)
            process.terminate()
            assert process.wait(timeout=60) == 0
            assert caller.recv(1) == b""


@pytest.fixture
def in_process() -> Generator[None]:
    """The command sets handlers of signals, which end with it where it is a program."""
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGINT)}
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--error-rate", "2"], "error_rate"), (["--port", "65536"], "65536")],
)
def test_invalid_option_is_reported_by_name(options: list[str], named: str, in_process: None) -> None:
    with pytest.raises(CommandError, match=named):
        printed("upstream_simulator", *options)


def test_port_in_use_is_reported(url: str, in_process: None) -> None:
    port = url.rpartition(":")[2]
    with pytest.raises(CommandError, match=f"port {port}"):
        printed("upstream_simulator", "--port", port)
