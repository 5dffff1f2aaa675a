"""What a call leaves behind and what it takes from its surroundings: connections, permits, cookies, proxies."""

import os
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.external.errors import TooManyCalls
from adapters.external.exchange import exchange
from adapters.external.network import Deadline, DeadlineTransport
from adapters.external.policy import UpstreamPolicy
from core.errors import InvalidAnswer, RegistryError, Unavailable
from tests.external.conftest import Connect
from tests.external.upstream import Upstream, reply, running_upstream

ADA = {"first_name": "Ada"}


@pytest.fixture
def elsewhere() -> Generator[Upstream]:
    with running_upstream() as server:
        yield server


def test_calls_one_after_another_share_a_connection(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    client = connect()
    for _ in range(5):
        client.get_object("patients", "1", request_id="r")
    assert upstream.connections == 1


def test_calls_beyond_the_permits_are_refused_at_once_and_count_for_nothing(
    upstream: Upstream, connect: Connect
) -> None:
    answered = Event()
    upstream.answers(reply(ADA, after=answered))
    client = connect(UpstreamPolicy(max_calls=2, failure_threshold=1))
    with ThreadPoolExecutor(2) as threads:
        under_way = [threads.submit(client.get_object, "patients", "1", request_id="r") for _ in range(2)]
        upstream.wait_for(requests=2)
        for _ in range(5):
            with pytest.raises(Unavailable, match="Too many calls"):
                client.get_object("patients", "1", request_id="r")
        answered.set()
        assert [call.result() for call in under_way] == [ADA, ADA]
    assert len(upstream.requests) == 2
    assert client.circuit.state == "closed"
    assert client.get_object("patients", "1", request_id="r") == ADA


@pytest.mark.parametrize("status", [200, 404, 429, 500])
def test_each_call_gives_its_permit_back(upstream: Upstream, connect: Connect, status: int) -> None:
    upstream.answers(*[reply(b"{", status=status)] * 5, reply(ADA))
    client = connect(UpstreamPolicy(max_calls=1, attempts=1, failure_threshold=100))
    for _ in range(5):
        with suppress(RegistryError):
            client.get_object("patients", "1", request_id="r")
    assert client.get_object("patients", "1", request_id="r") == ADA


def test_a_pool_of_ours_that_is_exhausted_is_no_failure_of_upstream(upstream: Upstream) -> None:
    upstream.answers(reply(ADA))
    deadline = Deadline.after(5.0, time.monotonic)
    with (
        httpx.Client(transport=DeadlineTransport(1), timeout=httpx.Timeout(5.0, pool=0.0)) as http,
        deadline.held(),
        http.stream("GET", upstream.url),
        pytest.raises(TooManyCalls),
    ):
        exchange(http, upstream.url, {}, UpstreamPolicy())


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere(
    upstream: Upstream, elsewhere: Upstream, connect: Connect
) -> None:
    upstream.answers(reply(b"", status=302, headers={"Location": f"{elsewhere.url}/patients/1"}))
    with pytest.raises(InvalidAnswer):
        connect(token="s3cret").get_object("patients", "1", request_id="r")
    assert elsewhere.connections == 0


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_in_the_environment_is_ignored(
    upstream: Upstream, elsewhere: Upstream, connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv(variable, elsewhere.url)
    upstream.answers(reply(ADA))
    assert connect().get_object("patients", "1", request_id="r") == ADA
    assert elsewhere.connections == 0


def test_cookies_are_not_kept(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA, headers={"Set-Cookie": "session=1; Path=/"}))
    client = connect()
    for _ in range(2):
        client.get_object("patients", "1", request_id="r")
    assert "cookie" not in upstream.requests[1].headers


def test_a_closed_client_opens_again(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(ADA))
    client = connect()
    client.get_object("patients", "1", request_id="r")
    client.close()
    assert client.get_object("patients", "1", request_id="r") == ADA
    assert upstream.connections == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork.")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_shares_neither_connections_nor_permits(upstream: Upstream, connect: Connect) -> None:
    answered = Event()
    upstream.answers(reply(ADA), reply(ADA, after=answered), reply(ADA))
    client = connect(UpstreamPolicy(max_calls=1))
    client.get_object("patients", "1", request_id="r")
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(client.get_object, "patients", "1", request_id="r")
        upstream.wait_for(requests=2)
        child = os.fork()
        if child == 0:
            try:
                found = client.get_object("patients", "1", request_id="r")
                os._exit(0 if found == ADA else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)
        answered.set()
        assert under_way.result() == ADA
    assert os.waitstatus_to_exitcode(status) == 0
    assert upstream.connections == 2


def test_refused_credentials_are_logged_without_them(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(b"", status=401))
    with capture_logs() as lines, pytest.raises(Unavailable):
        connect(token="s3cret").get_object("patients", "EHR-1", request_id="r")
    assert lines == [{"event": "upstream_credentials_refused", "upstream": "upstream", "log_level": "warning"}]
