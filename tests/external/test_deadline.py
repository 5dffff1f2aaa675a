"""However slowly upstream answers, the caller is answered in time."""

from collections.abc import Generator
from contextlib import contextmanager
from socket import create_server, socket
from threading import Timer
from time import monotonic

import pytest

from adapters.external.policy import UpstreamPolicy
from core.errors import RateLimited, Unavailable
from tests.external.conftest import Connect
from tests.external.upstream import OK, TOO_LONG, Answer, Upstream, drip, hang, reply

GRACE = 1.5  # a busy machine is late; an answer awaited to its end would be later still


@pytest.mark.parametrize(
    "answer",
    [
        hang,
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, every=0),
        drip(OK + b"\r\n", b" "),
        drip(OK + b"Content-Length: 1000\r\n\r\n", b" "),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["hang", "status-line", "headers", "1xx", "flood-of-1xx", "body", "declared-body", "chunks"],
)
@pytest.mark.parametrize("attempt_timeout", [0.2, 3.0])
def test_a_slow_answer_ends_in_time(
    upstream: Upstream, connect: Connect, answer: Answer, attempt_timeout: float
) -> None:
    upstream.answers(answer)
    client = connect(UpstreamPolicy(timeout=0.5, attempt_timeout=attempt_timeout, backoff=0.01))
    assert client.circuit.state == "closed"  # by now the client's certificates are loaded, which takes its time
    started = monotonic()
    with pytest.raises(Unavailable, match="in time"):
        client.get_object("patients", "1", request_id="r")
    assert 0.4 < monotonic() - started < 0.5 + GRACE


def test_an_attempt_that_hangs_leaves_time_for_one_that_does_not(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(hang, reply({"first_name": "Ada"}))
    client = connect(UpstreamPolicy(timeout=5.0, attempt_timeout=0.2))
    started = monotonic()
    assert client.get_object("patients", "1", request_id="r") == {"first_name": "Ada"}
    assert monotonic() - started < 2.0


def test_nothing_is_awaited_that_comes_too_late(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(b"", status=429, headers={"Retry-After": "3"}))
    started = monotonic()
    with pytest.raises(RateLimited):
        connect(UpstreamPolicy(timeout=2.0)).get_object("patients", "1", request_id="r")
    assert monotonic() - started < 1.0


def test_a_handshake_that_hangs_ends_in_time(connect: Connect) -> None:
    with create_server(("127.0.0.1", 0)) as silent, ending_at_last(silent):
        client = connect(UpstreamPolicy(timeout=0.5), base_url=f"https://127.0.0.1:{silent.getsockname()[1]}")
        started = monotonic()
        with pytest.raises(Unavailable):
            client.get_object("patients", "1", request_id="r")
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
