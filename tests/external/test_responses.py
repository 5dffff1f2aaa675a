"""The result of each response of the upstream, and the request that it gets."""

import gzip
import json
import tracemalloc
import zlib

import pytest

from adapters.external.resilience.policy import UpstreamPolicy
from core import __version__
from core.errors import InvalidUpstreamResponse, RateLimited, RegistryError, Unavailable
from tests.external.conftest import Connect, fetch
from tests.external.upstream import OK, Answer, Upstream, drip, reply, send

PATIENT = {"first_name": "Zoë", "last_name": "Núñez", "phone": None, "tags": [1, 2.5, True]}


def packed(body: bytes, encoding: str = "gzip") -> reply:
    return reply(body, headers={"Content-Encoding": encoding})


@pytest.mark.parametrize(
    "answer",
    [
        reply(PATIENT),
        reply(PATIENT, headers={"Content-Type": "application/fhir+json; charset=utf-8"}),
        packed(gzip.compress(json.dumps(PATIENT).encode())),
        packed(gzip.compress(json.dumps(PATIENT).encode()), "X-GZip"),
        reply(b"\xef\xbb\xbf" + json.dumps(PATIENT).encode()),
        send(OK + b"\r\n" + json.dumps(PATIENT).encode()),
    ],
    ids=["json", "json-suffix", "gzip", "x-gzip", "byte-order-mark", "until-closed"],
)
def test_json_object_is_returned(upstream: Upstream, connect: Connect, answer: Answer) -> None:
    upstream.answers(answer)
    assert fetch(connect()) == PATIENT


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", [b"", b"<h1>Not found</h1>", b"{}"])
def test_404_and_410_are_none_regardless_of_body(
    upstream: Upstream, connect: Connect, status: int, body: bytes
) -> None:
    upstream.answers(reply(body, status=status, headers={"Content-Type": "text/html"}))
    assert fetch(connect()) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b'["a list"]',
        b'"a string"',
        b"5",
        b"null",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xff\xfe"}',
        '{"a": "ü"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": 1' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_body_that_is_not_a_strict_json_object_is_invalid(upstream: Upstream, connect: Connect, body: bytes) -> None:
    upstream.answers(reply(body))
    client = connect(UpstreamPolicy(min_calls=1))
    with pytest.raises(InvalidUpstreamResponse):
        fetch(client)
    assert len(upstream.requests) == 1
    assert client.circuit_breaker.state == "closed"


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"<html>Sign in</html>", headers={"Content-Type": "text/html; charset=utf-8"}),
        reply(b"{}", headers={"Content-Type": "text/html"}),
        reply(b"{}", headers={"Content-Type": "application/jsonp"}),
        reply(b"{}", headers={"Content-Type": ""}),
        packed(b"{}"),
        packed(gzip.compress(b'{"a": 1}')[:-9]),
        packed(gzip.compress(b"{}") + b"more"),
        packed(zlib.compress(b"{}"), "deflate"),
        packed(b"{}", "br"),
        packed(gzip.compress(gzip.compress(b"{}")), "gzip, gzip"),
    ],
    ids=[
        "login-page", "html", "jsonp", "no-type", "not-gzip", "cut-gzip", "gzip-and-more", "deflate", "brotli", "twice",
    ],
)  # fmt: skip
def test_wrong_content_type_or_encoding_is_invalid(upstream: Upstream, connect: Connect, answer: Answer) -> None:
    upstream.answers(answer)
    with pytest.raises(InvalidUpstreamResponse):
        fetch(connect())


@pytest.mark.parametrize("status", [201, 204, 206, 300, 301, 304, 400, 405, 409, 422])
def test_unexpected_status_is_invalid_and_not_retried(upstream: Upstream, connect: Connect, status: int) -> None:
    upstream.answers(reply({}, status=status) if status not in {204, 304} else send(b"HTTP/1.1 %d X\r\n\r\n" % status))
    with pytest.raises(InvalidUpstreamResponse):
        fetch(connect(UpstreamPolicy()))
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_credentials_are_not_retried(upstream: Upstream, connect: Connect, status: int) -> None:
    upstream.answers(reply({}, status=status))
    client = connect(UpstreamPolicy(min_calls=1), token="wrong")
    with pytest.raises(Unavailable, match="credentials"):
        fetch(client)
    assert len(upstream.requests) == 1
    assert client.circuit_breaker.state == "closed"


def test_body_of_max_size_is_read_and_a_larger_one_refused(upstream: Upstream, connect: Connect) -> None:
    body = b'{"a": "b"}'
    upstream.answers(reply(body), packed(gzip.compress(body)))
    fits = connect(UpstreamPolicy(max_body=len(gzip.compress(body))))
    assert fetch(fits) == {"a": "b"}
    assert fetch(fits) == {"a": "b"}
    upstream.answers(reply(body))
    with pytest.raises(InvalidUpstreamResponse, match="too large"):
        connect(UpstreamPolicy(max_body=len(body) - 1)).get_object("patients", "1", request_id="r")


@pytest.mark.parametrize(
    "answer",
    [
        drip(OK + b"Content-Length: 1000000000000\r\n\r\n", b" " * 65536, every=0),
        drip(OK + b"\r\n", b" " * 65536, every=0),
        drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n", every=0),
        packed(gzip.compress(b'{"a": "' + b"b" * 50_000_000 + b'"}')),
    ],
    ids=["declared", "until-closed", "chunked", "gzip-bomb"],
)
def test_huge_body_is_refused_without_buffering_it(upstream: Upstream, connect: Connect, answer: Answer) -> None:
    upstream.answers(answer)
    client = connect()
    tracemalloc.start()
    try:
        with pytest.raises(InvalidUpstreamResponse, match="too large"):
            fetch(client)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("segment", "on_the_wire"),
    [
        ("EHR-1", "EHR-1"),
        ("a/b", "a%2Fb"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a#b", "a%23b"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("..x", "..x"),
        ("../admin", "..%2Fadmin"),
        ("a b+c&d", "a%20b%2Bc%26d"),
        ("héllo", "h%C3%A9llo"),
        ("患者", "%E6%82%A3%E8%80%85"),
        ("a\\b;c:d@e", "a%5Cb%3Bc%3Ad%40e"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil%3A%201"),
    ],
)
def test_id_is_percent_encoded(upstream: Upstream, connect: Connect, segment: str, on_the_wire: str) -> None:
    connect(base_url=f"{upstream.url}/v1/").get_object("patients", segment, request_id="r")
    assert [request.target for request in upstream.requests] == [f"/v1/patients/{on_the_wire}"]


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_id_that_would_change_the_url_path_is_not_found_without_a_request(
    upstream: Upstream, connect: Connect, segment: str
) -> None:
    assert connect().get_object("patients", segment, request_id="r") is None
    assert upstream.requests == []


def test_request_has_request_id_and_token(upstream: Upstream, connect: Connect) -> None:
    connect(token="s3cret").get_object("patients", "1", request_id="0192-abc")
    (request,) = upstream.requests
    assert request.headers["x-request-id"] == "0192-abc"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"] == f"patient-registry/{__version__}"


def test_no_credentials_are_sent_without_a_token(upstream: Upstream, connect: Connect) -> None:
    fetch(connect())
    assert "authorization" not in upstream.requests[0].headers


def test_request_id_cannot_inject_a_header(upstream: Upstream, connect: Connect) -> None:
    connect().get_object("patients", "1", request_id="a\r\nX-Evil: ü\ud800")
    (request,) = upstream.requests
    assert request.headers["x-request-id"].startswith("a%0D%0AX-Evil:")
    assert "x-evil" not in request.headers


@pytest.mark.parametrize(
    "answer",
    [
        reply(b'{"email": "ada@example.org"'),
        reply(b"ada@example.org", status=500),
        reply(b"ada@example.org", status=429),
        reply(b"ada@example.org", status=302, headers={"Location": "/ada@example.org"}),
        send(b"ada@example.org\r\n\r\n"),
    ],
    ids=["body", "500", "429", "redirect", "not-http"],
)
def test_error_text_contains_neither_patient_nor_url(upstream: Upstream, connect: Connect, answer: Answer) -> None:
    upstream.answers(answer)
    with pytest.raises(RegistryError) as raised:
        connect().get_object("patients", "EHR-777", request_id="r")
    assert isinstance(raised.value, Unavailable | RateLimited | InvalidUpstreamResponse)
    for secret in ("ada@", "EHR-777", "127.0.0.1", "http:", "JSONDecodeError"):
        assert secret not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
