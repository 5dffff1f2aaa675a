"""The demo upstream as its users have it: a process of its own, which is told to misbehave while it runs."""

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

from adapters.cli.demo_data import VISITOR_ID, upstream_records

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
    found = re.search(r"http://127\.0\.0\.1:[1-9]\d*", process.stdout.readline())
    assert found, process.communicate(timeout=60)
    return found[0]


@pytest.fixture
def upstream(url: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield client
        client.put("/control", json={"latency": 0, "error_rate": 0, "rate_limit": None, "outage": False})


def answered(upstream: httpx.Client, what: str) -> int:
    return upstream.get("/control").json()["answered"].get(what, 0)


def test_answers_with_what_it_knows_of_a_patient(upstream: httpx.Client) -> None:
    answer = upstream.get(f"/patients/{VISITOR_ID}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == upstream_records()[VISITOR_ID]


def test_decodes_the_id_in_the_path(upstream: httpx.Client) -> None:
    assert upstream.get("/patients/%45HR%2D90001?for=me").json()["id"] == VISITOR_ID


@pytest.mark.parametrize("path", ["/patients/EHR-00010", "/patients/a%2Fb", "/patients/", "/", "/patients/a/b"])
def test_answers_404_for_what_it_does_not_know(upstream: httpx.Client, path: str) -> None:
    answer = upstream.get(path)
    assert answer.status_code == 404
    assert answer.json().keys() == {"error"}


def test_an_error_rate_of_1_fails_every_call_until_it_is_switched_back(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"error_rate": 1})
    assert {upstream.get(f"/patients/{VISITOR_ID}").status_code for _ in range(20)} == {500}
    upstream.put("/control", json={"error_rate": 0})
    assert upstream.get(f"/patients/{VISITOR_ID}").status_code == 200


def test_an_error_rate_of_a_half_fails_some_calls(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"error_rate": 0.5})
    assert {upstream.get(f"/patients/{VISITOR_ID}").status_code for _ in range(64)} == {200, 500}


def test_latency_delays_an_answer(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"latency": 0.3})
    began = monotonic()
    assert upstream.get(f"/patients/{VISITOR_ID}").status_code == 200
    assert monotonic() - began >= 0.3


def test_slow_answers_hold_up_neither_each_other_nor_the_control(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"latency": 2})
    began = monotonic()
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(upstream.get, f"/patients/{VISITOR_ID}") for _ in range(8)]
        assert upstream.get("/control").status_code == 200
        assert not any(call.done() for call in calls)
        assert {call.result().status_code for call in calls} == {200}
    assert monotonic() - began < 8 * 2


def test_a_rate_limit_answers_429_and_says_when_to_come_back(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"rate_limit": 0})
    answer = upstream.get(f"/patients/{VISITOR_ID}")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"


def test_a_rate_limit_admits_so_many_calls_a_second(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"rate_limit": 3})
    began = monotonic()
    statuses = [upstream.get(f"/patients/{VISITOR_ID}").status_code for _ in range(6)]
    seconds = int(monotonic() - began) + 1
    assert statuses[:3] == [200, 200, 200] or seconds > 1
    assert statuses.count(200) <= 3 * seconds


def test_in_an_outage_connections_close_without_an_answer_until_it_ends(upstream: httpx.Client) -> None:
    upstream.put("/control", json={"outage": True})
    with pytest.raises(httpx.RemoteProtocolError):
        upstream.get(f"/patients/{VISITOR_ID}")
    upstream.put("/control", json={"outage": False})
    assert upstream.get(f"/patients/{VISITOR_ID}").status_code == 200


def test_the_control_shows_the_switches_and_counts_the_answers(upstream: httpx.Client) -> None:
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
def test_a_bad_switch_is_refused_by_name_and_changes_nothing(
    upstream: httpx.Client, body: str | bytes, named: str
) -> None:
    before = upstream.get("/control").json()["switches"]
    refusal = upstream.put("/control", content=body)
    assert refusal.status_code == 400
    assert named in refusal.json()["error"]
    assert upstream.get("/control").json()["switches"] == before


def test_starts_with_the_switches_it_is_given() -> None:
    options = ["--latency", "0.5", "--error-rate", "0.25", "--rate-limit", "7", "--outage"]
    with start("--port", "0", *options) as process:
        control = httpx.get(printed_url(process) + "/control", trust_env=False)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    expected = {"latency": 0.5, "error_rate": 0.25, "rate_limit": 7, "outage": True}
    assert control.json()["switches"] == expected


def test_stops_at_once_while_slow_calls_wait() -> None:
    with start("--port", "0", "--latency", "600") as process:
        url = httpx.URL(printed_url(process))
        with socket.create_connection((url.host, url.port or 0), timeout=60) as caller:
            caller.sendall(f"GET /patients/{VISITOR_ID} HTTP/1.1\r\n\r\n".encode())
            httpx.get(url.join("/control"), trust_env=False)
            process.terminate()
            assert process.wait(timeout=60) == 0
            assert caller.recv(1) == b""


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--error-rate", "2"], "error_rate"), (["--port", "65536"], "65536")],
)
def test_refuses_to_start_with_a_bad_option_and_names_it(options: list[str], named: str) -> None:
    with start(*options) as process:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
    assert err.startswith("CommandError")
    assert named in err


def test_says_which_port_is_taken(url: str) -> None:
    port = url.rpartition(":")[2]
    with start("--port", port) as process:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
    assert f"port {port}" in err
