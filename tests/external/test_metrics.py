"""The metrics of calls to an upstream."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
from prometheus_client import REGISTRY

from adapters.external.client import UpstreamClient
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.telemetry.metrics import (
    UPSTREAM_CALLS,
    UPSTREAM_CIRCUITS,
    UPSTREAM_RETRIES,
    UPSTREAM_SECONDS,
    UpstreamMetrics,
)
from bootstrap import Configuration, in_memory_registry
from core.errors import RegistryError
from tests.external.conftest import Connect, StoppedTime, fetch
from tests.external.upstream import Answer, Upstream, reply, send

DOWN = reply(b"", status=500)


@pytest.fixture(autouse=True)
def counted() -> Callable[..., float | None]:
    """The value of an upstream metric in this test, or None if it has none."""
    for metric in (UPSTREAM_CALLS, UPSTREAM_SECONDS, UPSTREAM_RETRIES, UPSTREAM_CIRCUITS):
        metric.clear()
    return lambda name, **labels: REGISTRY.get_sample_value(
        f"patient_registry_upstream_{name}", {"upstream": "upstream", **labels}
    )


def aget(client: UpstreamClient) -> object:
    return asyncio.run(client.aget_object("patients", "1", request_id="r"))


def call(client: UpstreamClient, times: int = 1, interface: Callable[[UpstreamClient], object] = fetch) -> None:
    for _ in range(times):
        with suppress(RegistryError):
            interface(client)


@pytest.mark.parametrize("interface", [fetch, aget])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply({}), "answered"),
        (reply(b"", status=404), "not-found"),
        (reply(b"", status=429), "rate-limited"),
        (reply(b"", status=403), "credentials-rejected"),
        (reply(b"{"), "invalid-upstream-response"),
        (DOWN, "upstream-down"),
        (send(b""), "upstream-down"),
    ],
)
def test_call_is_counted_once_by_outcome(
    upstream: Upstream,
    connect: Connect,
    counted: Callable[..., float | None],
    answer: Answer,
    outcome: str,
    interface: Callable[[UpstreamClient], object],
) -> None:
    upstream.answers(answer)
    call(connect(UpstreamPolicy(attempts=3, backoff=0.01), listener=UpstreamMetrics()), interface=interface)
    assert counted("calls_total", outcome=outcome) == 1
    assert counted("call_duration_seconds_count") == 1


def test_retries_are_counted_and_duration_includes_waits(
    upstream: Upstream, connect: Connect, time: StoppedTime, counted: Callable[..., float | None]
) -> None:
    upstream.answers(DOWN, DOWN, reply({}))
    call(connect(UpstreamPolicy(attempts=3, backoff=0.4), time=time, listener=UpstreamMetrics()))
    assert counted("retries_total") == 2
    assert counted("calls_total", outcome="answered") == 1
    assert counted("call_duration_seconds_sum") == pytest.approx(sum(time.sleeps)) == 0.6


def test_circuit_state_is_exported(
    upstream: Upstream, connect: Connect, time: StoppedTime, counted: Callable[..., float | None]
) -> None:
    def state() -> list[str]:
        return [state for state in ("closed", "half_open", "open") if counted("circuits", state=state) == 1]

    states: list[list[str]] = []
    policy = UpstreamPolicy(attempts=1, min_calls=2, failure_rate=0.6, probes=1, recovery=30)
    client = connect(policy, time=time, listener=UpstreamMetrics())
    upstream.answers(reply({}), DOWN, DOWN, answering_when(lambda: states.append(state())))
    call(client)
    states.append(state())
    call(client, times=4)
    states.append(state())
    time.now += 30
    call(client)
    states.append(state())
    assert states == [["closed"], ["open"], ["half_open"], ["closed"]]
    assert counted("calls_total", outcome="circuit-open") == 2


def answering_when(look: Callable[[], None]) -> Answer:
    """An answer that calls `look` before it responds."""

    def answer(handler: object) -> None:
        look()
        reply({})(handler)  # pyright: ignore[reportArgumentType]

    return answer


def test_registry_connects_its_client_to_the_metrics(upstream: Upstream, counted: Callable[..., float | None]) -> None:
    client = in_memory_registry(Configuration(secret_keys=("k" * 50,), upstream_url=upstream.url)).upstream()
    assert client
    call(client)
    client.close()
    assert counted("calls_total", outcome="answered") == 1
    assert counted("circuits", state="closed") == 1
