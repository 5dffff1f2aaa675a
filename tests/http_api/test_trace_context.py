"""A request continues the trace of its caller: https://www.w3.org/TR/trace-context/"""

import logging
import re
from collections.abc import Generator
from typing import cast

import pytest
from dependency_injector.providers import Object

from adapters.external.client import UpstreamClient
from adapters.external.patients import HttpPatientGateway
from adapters.telemetry import trace_context
from bootstrap import Container
from core.patients.entities import Patient
from tests.external.upstream import Upstream, reply, running_upstream
from tests.http_api.client import Api

pytestmark = pytest.mark.django_db(transaction=True)

TRACE_ID, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
KEYS = ("trace_id", "parent_id", "span_id", "trace_flags")


def traces(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    """Of each line."""
    lines = [cast("dict[str, str]", record.msg) for record in caplog.records]
    return [{key: line[key] for key in KEYS if key in line} for line in lines]


@pytest.fixture
def socket_upstream(registry: Container) -> Generator[Upstream]:
    """The registry syncs from it over a socket."""
    with running_upstream() as upstream:
        client = UpstreamClient(upstream.url, trace_headers=trace_context.headers)
        with registry.gateway.override(Object(HttpPatientGateway(client))):
            registry.sync_patient.reset()
            yield upstream
        registry.sync_patient.reset()
        client.close()


def test_the_line_of_a_request_has_its_trace(clerk: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        clerk.get("patients/", traceparent=f"00-{TRACE_ID}-{CALLER}-01")
    (trace,) = traces(caplog)
    span_id = trace.pop("span_id")
    assert trace == {"trace_id": TRACE_ID, "parent_id": CALLER, "trace_flags": "01"}
    assert re.fullmatch("[0-9a-f]{16}", span_id)
    assert span_id != CALLER


def test_each_request_has_its_own_trace(clerk: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        clerk.get("patients/", traceparent=f"00-{TRACE_ID}-{CALLER}-01")
        clerk.get("patients/")
    assert traces(caplog)[1:] == [{}]


@pytest.mark.parametrize(
    "given",
    [
        "",
        f"ff-{TRACE_ID}-{CALLER}-01",
        f"00-{'0' * 32}-{CALLER}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{CALLER}-01",
        f"0-{TRACE_ID}-{CALLER}-01",
        f"00-{TRACE_ID[1:]}-{CALLER}-01",
        f"00-{TRACE_ID}0-{CALLER}-01",
        f"00-{TRACE_ID}-{CALLER[1:]}-01",
        f"00-{TRACE_ID}-{CALLER}-1",
        f"00-{TRACE_ID}-{CALLER}-001",
        f"00-{TRACE_ID}-{CALLER}",
        f"00-{TRACE_ID}-{CALLER}-01-more",
        f"01-{TRACE_ID}-{CALLER}-01more",
        f"00_{TRACE_ID}_{CALLER}_01",
        f"00-{TRACE_ID}-{CALLER}-01,00-{TRACE_ID}-{CALLER}-01",
        f"00-{TRACE_ID}-{CALLER[1:]}\u0661-01",
        "x" * 9000,
    ],
)
def test_an_invalid_header_is_ignored(anonymous: Api, caplog: pytest.LogCaptureFixture, given: str) -> None:
    with caplog.at_level(logging.INFO):
        assert anonymous.get("/health/live", traceparent=given).status_code == 200
    assert traces(caplog) == [{}]


@pytest.mark.parametrize("given", [f"cc-{TRACE_ID}-{CALLER}-01", f"01-{TRACE_ID}-{CALLER}-09-what-comes-next"])
def test_a_later_version_is_read_like_version_00(anonymous: Api, caplog: pytest.LogCaptureFixture, given: str) -> None:
    with caplog.at_level(logging.INFO):
        anonymous.get("/health/live", traceparent=given)
    (trace,) = traces(caplog)
    assert (trace["trace_id"], trace["parent_id"], trace["trace_flags"]) == (TRACE_ID, CALLER, "01")


def test_a_sync_carries_the_trace_to_upstream(
    clerk: Api, ada: Patient, socket_upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    socket_upstream.answers(reply({"first_name": "Augusta"}))
    path = f"patients/{ada.id}/sync_external_data/"
    with caplog.at_level(logging.INFO):
        assert clerk.post(path, traceparent=f"00-{TRACE_ID}-{CALLER}-01").status_code == 200
        assert clerk.post(path, traceparent=f"00-{TRACE_ID.upper()}-{CALLER}-01").status_code == 200
    span_ids = {trace["span_id"] for trace in traces(caplog) if trace}
    sent = [request.headers.get("traceparent") for request in socket_upstream.requests]
    assert sent == [f"00-{TRACE_ID}-{span_ids.pop()}-01", None]
    assert not span_ids
