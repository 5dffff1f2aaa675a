"""Calls to upstream carry on the trace of the request that they are for."""

import asyncio
from collections.abc import Callable, Generator

import pytest
import structlog

from adapters.external.client import UpstreamClient
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.telemetry.trace_context import continued
from bootstrap import Configuration, in_memory_registry
from tests.external.conftest import fetch
from tests.external.upstream import Upstream, reply

TRACE_ID, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def client(upstream: Upstream) -> Generator[UpstreamClient]:
    """That of a registry."""
    policy = UpstreamPolicy(attempts=2, backoff=0.01)
    configuration = Configuration(secret_keys=("k" * 50,), upstream_url=upstream.url, upstream_policy=policy)
    client = in_memory_registry(configuration).upstream()
    assert client
    yield client
    client.close()


def afetch(client: UpstreamClient) -> object:
    return asyncio.run(client.aget_object("patients", "1", request_id="r"))


def fetch_all(client: UpstreamClient) -> object:
    return list(client.get_objects([("patients", "1")], request_id="r"))


@pytest.mark.parametrize("interface", [fetch, afetch, fetch_all])
@pytest.mark.parametrize(("flags", "passed_on"), [("00", "00"), ("01", "01"), ("ff", "01")])
def test_each_attempt_carries_the_trace_with_the_request_as_its_parent(
    upstream: Upstream,
    client: UpstreamClient,
    interface: Callable[[UpstreamClient], object],
    flags: str,
    passed_on: str,
) -> None:
    upstream.answers(reply(b"", status=500), reply({}))
    trace = continued(f"00-{TRACE_ID}-{CALLER}-{flags}")
    with structlog.contextvars.bound_contextvars(**trace):
        interface(client)
    sent = [request.headers["traceparent"] for request in upstream.requests]
    assert sent == [f"00-{TRACE_ID}-{trace['span_id']}-{passed_on}"] * 2
    assert trace["span_id"] != CALLER


def test_each_call_has_the_trace_of_its_own_request(upstream: Upstream, client: UpstreamClient) -> None:
    for trace_id in ("1" * 32, "2" * 32):
        with structlog.contextvars.bound_contextvars(**continued(f"00-{trace_id}-{CALLER}-01")):
            fetch(client)
    fetch(client)
    traces = [request.headers.get("traceparent", "none")[:35] for request in upstream.requests]
    assert traces == [f"00-{'1' * 32}", f"00-{'2' * 32}", "none"]
