"""However slowly upstream answers, the caller is answered in time."""

from collections.abc import Generator
from contextlib import contextmanager
from socket import create_server, socket
from threading import Timer
from time import monotonic

import pytest

from adapters.external.policy import UpstreamPolicy
from core.errors import RateLimited, Unavailable
from tests.external.conftest import Connect, fetch
from tests.external.upstream import TOO_LONG, Upstream, hang, reply

GRACE = 1.5  # a busy machine is late; an answer awaited to its end would be later still


@pytest.mark.parametrize("attempt_timeout", [0.2, 3.0])
def test_no_answer_ends_in_time(upstream: Upstream, connect: Connect, attempt_timeout: float) -> None:
    upstream.answers(hang)
    client = connect(UpstreamPolicy(timeout=0.5, attempt_timeout=attempt_timeout, backoff=0.01))
    assert client.circuit.state == "closed"  # by now the client's certificates are loaded, which takes its time
    started = monotonic()
    with pytest.raises(Unavailable, match="in time"):
        fetch(client)
    assert 0.4 < monotonic() - started < 0.5 + GRACE


def test_an_attempt_that_hangs_leaves_time_for_one_that_does_not(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(hang, reply({"first_name": "Ada"}))
    client = connect(UpstreamPolicy(timeout=5.0, attempt_timeout=0.2))
    started = monotonic()
    assert fetch(client) == {"first_name": "Ada"}
    assert monotonic() - started < 2.0


def test_nothing_is_awaited_that_comes_too_late(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(b"", status=429, headers={"Retry-After": "3"}))
    started = monotonic()
    with pytest.raises(RateLimited):
        fetch(connect(UpstreamPolicy(timeout=2.0)))
    assert monotonic() - started < 1.0


def test_a_handshake_that_hangs_ends_in_time(connect: Connect) -> None:
    with create_server(("127.0.0.1", 0)) as silent, ending_at_last(silent):
        client = connect(UpstreamPolicy(timeout=0.5), base_url=f"https://127.0.0.1:{silent.getsockname()[1]}")
        started = monotonic()
        with pytest.raises(Unavailable):
            fetch(client)
        assert 0.4 < monotonic() - started < 0.5 + GRACE


@contextmanager
def ending_at_last(server: socket) -> Generator[None]:
    timer = Timer(TOO_LONG, server.close)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
