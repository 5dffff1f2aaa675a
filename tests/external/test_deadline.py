"""The deadline of a call holds, however slow upstream is."""

import asyncio
from threading import Event
from time import monotonic, thread_time

import pytest

from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.transport.background_loop import loop
from core.errors import RateLimited, Unavailable
from tests.external.conftest import Connect, fetch
from tests.external.upstream import OK, Answer, Upstream, drip, hang, reply

GRACE = 1.5  # with room for a busy machine; waiting for the whole response would take longer


@pytest.mark.parametrize("attempt_timeout", [0.1, 3.0])
def test_missing_response_ends_at_the_deadline(upstream: Upstream, connect: Connect, attempt_timeout: float) -> None:
    upstream.answers(hang)
    client = connect(UpstreamPolicy(timeout=0.3, attempt_timeout=attempt_timeout, backoff=0.01))
    assert client.circuit_breaker.state == "closed"  # also loads the certificates, which takes a while
    started = monotonic()
    with pytest.raises(Unavailable, match="in time"):
        fetch(client)
    assert 0.25 < monotonic() - started < 0.3 + GRACE


def test_hanging_attempt_leaves_time_for_a_retry(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(hang, reply({"first_name": "Ada"}))
    client = connect(UpstreamPolicy(timeout=5.0, attempt_timeout=0.2))
    started = monotonic()
    assert fetch(client) == {"first_name": "Ada"}
    assert monotonic() - started < 2.0


def test_wait_past_the_deadline_is_not_started(upstream: Upstream, connect: Connect) -> None:
    upstream.answers(reply(b"", status=429, headers={"Retry-After": "3"}))
    started = monotonic()
    with pytest.raises(RateLimited):
        fetch(connect(UpstreamPolicy(timeout=2.0)))
    assert monotonic() - started < 1.0


@pytest.mark.parametrize(
    "answer",
    [
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 20_000, every=0),
        drip(b"", b"HTTP/1.1 100 \r\n\r\n" * 5_000, every=0),
    ],
    ids=["chunks", "1xx"],
)
def test_many_small_chunks_end_in_time_and_do_not_block_the_loop(
    upstream: Upstream, connect: Connect, answer: Answer
) -> None:
    upstream.answers(answer)
    client = connect(UpstreamPolicy(timeout=0.5, attempts=1, max_body=1_000_000_000))
    ended = Event()

    async def longest_pause() -> float:
        """The longest CPU time of the loop between two turns. Time of other processes does not count."""
        longest = 0.0
        while not ended.is_set():
            before = thread_time()
            await asyncio.sleep(0)
            longest = max(longest, thread_time() - before)
        return longest

    pause = asyncio.run_coroutine_threadsafe(longest_pause(), loop())
    started = monotonic()
    with pytest.raises(Unavailable, match="in time"):
        fetch(client)
    assert monotonic() - started < 0.5 + GRACE
    ended.set()
    assert pause.result() < 0.025
