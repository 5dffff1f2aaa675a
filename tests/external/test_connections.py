"""Connections, permits, cookies and proxies of a call."""

import os
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from time import monotonic

import pytest

from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import InvalidUpstreamResponse, RegistryError, Unavailable
from tests.external.conftest import Connect, fetch, logged
from tests.external.upstream import Answer, Upstream, drip, reply, running_upstream, send

ADA = {"first_name": "Ada"}


@pytest.fixture
def elsewhere() -> Generator[Upstream]:
    with running_upstream() as server:
        yield server


def test_each_request_uses_a_new_connection(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    client = connect()
    for _ in range(3):
        fetch(client)
    assert upstream.connections == 3
    assert {request.headers["connection"] for request in upstream.requests} == {"close"}


@pytest.mark.parametrize("status", [200, 404, 429, 500])
def test_every_outcome_releases_its_permit(upstream: Upstream, connect: Connect, status: int) -> None:
    upstream.answers(*[reply(b"{", status=status)] * 5, reply(ADA))
    client = connect(UpstreamPolicy(max_calls=1, attempts=1, min_calls=100))
    for _ in range(5):
        with suppress(RegistryError):
            fetch(client)
    assert fetch(client) == ADA


def test_redirect_is_not_followed(upstream: Upstream, elsewhere: Upstream, connect: Connect) -> None:
    upstream.answers(reply(b"", status=302, headers={"Location": f"{elsewhere.url}/patients/1"}))
    with pytest.raises(InvalidUpstreamResponse):
        fetch(connect(token="s3cret"))
    assert elsewhere.connections == 0


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_in_environment_is_ignored(
    upstream: Upstream, elsewhere: Upstream, connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv(variable, elsewhere.url)
    upstream.answers(reply(ADA))
    assert fetch(connect()) == ADA
    assert elsewhere.connections == 0


def test_cookies_are_not_stored(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA, headers={"Set-Cookie": "session=1; Path=/"}))
    client = connect()
    for _ in range(2):
        fetch(client)
    assert "cookie" not in upstream.requests[1].headers


def test_closed_client_can_be_used_again(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    client = connect()
    fetch(client)
    client.close()
    assert fetch(client) == ADA
    assert upstream.connections == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork.")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_child_has_its_own_permits(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(ADA), reply(ADA, after=answered), reply(ADA))
    client = connect(UpstreamPolicy(max_calls=1))
    fetch(client)
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(fetch, client)
        upstream.wait_for(requests=2)
        child = os.fork()
        if child == 0:
            try:
                found = fetch(client)
                os._exit(0 if found == ADA else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        answered.set()
        assert under_way.result() == ADA
    assert os.waitstatus_to_exitcode(status) == 0


def test_rejected_credentials_are_logged_without_the_token(
    upstream: Upstream, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.answers(reply(b"", status=401))
    with pytest.raises(Unavailable):
        connect(token="s3cret").get_object("patients", "EHR-1", request_id="r")
    assert logged(caplog) == [{"event": "upstream_credentials_rejected", "upstream": "upstream"}]


@pytest.mark.parametrize(
    "answer",
    [
        drip(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n", b" "),
        send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n"),
        reply(b" " * 10_000_000, status=404),
    ],
    ids=["late", "cut short", "long"],
)
def test_body_of_an_error_response_is_not_awaited(upstream: Upstream, connect: Connect, answer: Answer) -> None:
    upstream.answers(answer, reply(ADA))
    client = connect()
    assert client.circuit_breaker.state == "closed"
    started = monotonic()
    assert fetch(client) is None
    assert monotonic() - started < 1.0
    assert fetch(client) == ADA
    assert upstream.connections == 2


def test_repr_of_response_hides_the_patient(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    assert "Ada" not in repr(connect().get_object("patients", "1", request_id="r"))
