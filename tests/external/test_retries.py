"""When a call is retried, after which wait, and which `retry_after` the caller gets."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.transport.exchange import parse_retry_after
from core.errors import InvalidUpstreamResponse, RateLimited, Unavailable
from tests.external.conftest import Connect, StoppedTime, fetch
from tests.external.upstream import OK, Answer, Upstream, reply, send

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PATIENT = {"first_name": "Ada"}
TIRELESS = UpstreamPolicy(attempts=4, backoff=0.4, backoff_cap=1.0, min_calls=100)


def refusal(status: int, retry_after: str | None = None) -> reply:
    headers: Mapping[str, str] = {} if retry_after is None else {"Retry-After": retry_after}
    return reply(b"", status=status, headers=headers)


@pytest.mark.parametrize(
    "failure",
    [
        refusal(500),
        refusal(503),
        refusal(408),
        refusal(429),
        send(b""),
        send(b"garbage\r\n\r\n"),
        send(OK + b"Content-Length: 100\r\n\r\n{"),
        send(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        send(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"),
        send(OK + b"X-Large: " + b"x" * 200_000 + b"\r\n\r\n{}"),
    ],
    ids=["500", "503", "408", "429", "closed", "garbage", "short", "two-lengths", "cut-chunk", "large-headers"],
)
def test_transient_failure_is_retried(upstream: Upstream, connect: Connect, time: StoppedTime, failure: Answer) -> None:
    upstream.answers(failure, failure, reply(PATIENT))
    assert fetch(connect(TIRELESS, time=time)) == PATIENT
    assert len(upstream.requests) == 3


def test_backoff_grows_to_its_cap_until_attempts_are_used_up(
    upstream: Upstream, connect: Connect, time: StoppedTime
) -> None:
    upstream.answers(refusal(500))
    with pytest.raises(Unavailable) as raised:
        fetch(connect(TIRELESS, time=time))
    assert raised.value.retry_after is None
    assert len(upstream.requests) == 4
    assert time.sleeps == pytest.approx([0.2, 0.4, 0.5])


def test_repeated_429_raises_rate_limited(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    upstream.answers(refusal(429, "1"))
    client = connect(UpstreamPolicy(timeout=10, attempts=3, backoff=0.4, min_calls=1), time=time)
    with pytest.raises(RateLimited) as raised:
        fetch(client)
    assert raised.value.retry_after == timedelta(seconds=1)
    assert len(upstream.requests) == 3
    assert time.sleeps == pytest.approx([1.2, 1.4])
    assert client.circuit_breaker.state == "closed"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_past_the_deadline_is_passed_to_the_caller(
    upstream: Upstream, connect: Connect, time: StoppedTime, status: int
) -> None:
    upstream.answers(refusal(status, "7"))
    with pytest.raises((RateLimited, Unavailable)) as raised:
        fetch(connect(UpstreamPolicy(timeout=5.0), time=time))
    assert raised.value.retry_after == timedelta(seconds=7)
    assert len(upstream.requests) == 1
    assert time.sleeps == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("asked", "attempts"), [("4", 1), ("2", 2)])
def test_retry_after_leaving_no_time_for_a_response_is_passed_to_the_caller(
    upstream: Upstream, connect: Connect, time: StoppedTime, status: int, asked: str, attempts: int
) -> None:
    upstream.answers(refusal(status, asked))
    with pytest.raises((RateLimited, Unavailable)) as raised:
        fetch(connect(UpstreamPolicy(timeout=5.0, slow_call=2.5, attempts=2), time=time))
    assert raised.value.retry_after == timedelta(seconds=int(asked))
    assert len(upstream.requests) == attempts


@pytest.mark.parametrize("header", ["9" * 20, "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_is_capped(upstream: Upstream, connect: Connect, time: StoppedTime, header: str) -> None:
    upstream.answers(refusal(429, header))
    with pytest.raises(RateLimited) as raised:
        fetch(connect(UpstreamPolicy(retry_after_cap=60), time=time))
    assert raised.value.retry_after == timedelta(seconds=60)
    assert time.sleeps == []


@pytest.mark.parametrize(
    "header",
    [
        "soon",
        "-5",
        "1.5",
        "",
        "٣",
        "Wed, 99 Foo 2026 00:00:00 GMT",
        "Wed, 01 Jul 2026 99999999999999999999:00:00 GMT",
        "0x10",
    ],
)
def test_malformed_retry_after_is_ignored(upstream: Upstream, connect: Connect, time: StoppedTime, header: str) -> None:
    assert parse_retry_after(header, NOW, 60) is None
    upstream.answers(refusal(429, header))
    with pytest.raises(RateLimited) as raised:
        fetch(connect(TIRELESS, time=time))
    assert raised.value.retry_after is None
    assert len(upstream.requests) == 4


def test_retry_after_date_is_converted_to_seconds() -> None:
    assert parse_retry_after("Wed, 01 Jul 2026 12:00:30 GMT", NOW, 60) == timedelta(seconds=30)
    assert parse_retry_after("Wed, 01 Jul 2026 12:00:30 -0000", NOW, 60) == timedelta(seconds=30)


def test_past_retry_after_date_means_no_wait(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    upstream.answers(refusal(503, "Wed, 21 Oct 2015 07:28:00 GMT"), reply(PATIENT))
    assert fetch(connect(TIRELESS, time=time)) == PATIENT
    assert time.sleeps == pytest.approx([0.2])


@given(st.text() | st.integers().map(str) | st.datetimes().map(format_datetime), st.floats(0.01, 3600))
def test_parsed_retry_after_is_none_or_within_bounds(header: str, cap: float) -> None:
    wait = parse_retry_after(header, NOW, cap)
    assert wait is None or timedelta() <= wait <= timedelta(seconds=cap)


@given(st.integers(0, 86_400))
def test_seconds_and_dates_are_equivalent(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(date, NOW, 3600) == parse_retry_after(str(seconds), NOW, 3600)
    assert parse_retry_after(date, NOW, 3600) == timedelta(seconds=min(seconds, 3600))


def test_invalid_response_is_not_retried(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    upstream.answers(refusal(500), reply(b"{"), reply(PATIENT))
    with pytest.raises(InvalidUpstreamResponse):
        fetch(connect(TIRELESS, time=time))
    assert len(upstream.requests) == 2


def test_tls_failure_counts_but_is_not_retried(upstream: Upstream, connect: Connect, time: StoppedTime) -> None:
    not_tls = upstream.url.replace("http:", "https:")
    client = connect(UpstreamPolicy(min_calls=2), base_url=not_tls, time=time)
    for _ in range(2):
        with pytest.raises(Unavailable, match="secure"):
            fetch(client)
    assert upstream.connections == 2
    assert client.circuit_breaker.state == "open"


def test_refused_connection_is_retried(connect: Connect, time: StoppedTime) -> None:
    client = connect(TIRELESS, base_url="http://127.0.0.1:1", time=time)
    with pytest.raises(Unavailable):
        fetch(client)
    assert len(time.sleeps) == 3
