"""Requests whose end two servers could see in different places, and parameters that other programs could run."""

import re
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from string import Formatter
from urllib.parse import quote
from uuid import UUID

import httpx
import orjson
import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.production import Production
from tests.e2e.proxy import HOST, proxied

Connect = Callable[[], socket.socket]

HOSTED = b"Host: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
HIDDEN = b"GET /health/live HTTP/1.1\r\n" + HOSTED + b"X-Request-ID: smuggled\r\n\r\n"
LAST = b"GET /health/live HTTP/1.1\r\n" + HOSTED + b"Connection: close\r\n\r\n"
CHUNKED, ENDED = b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"


def post(framing: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"POST /api/v1/auth/token/ HTTP/" + version + b"\r\n" + HOSTED + framing + b"\r\n" + body + HIDDEN


REFUSED = {
    "CL.TE": post(b"Content-Length: 5\r\n" + CHUNKED, ENDED),
    "TE.CL": post(CHUNKED + b"Content-Length: 4\r\n", b"%x\r\n%b\r\n" % (len(HIDDEN), HIDDEN) + ENDED),
    "two lengths": post(b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(HIDDEN)),
    "a list of lengths": post(b"Content-Length: 0, %d\r\n" % len(HIDDEN)),
    "a folded length": post(b"Content-Length:\r\n 0\r\n"),
    "a folded header": post(b"X-Note: a\r\n b\r\nContent-Length: 0\r\n"),
    "two encodings": post(CHUNKED + b"Transfer-Encoding: identity\r\n", ENDED),
    "another encoding": post(b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n", ENDED),
    "a folded encoding": post(b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n", ENDED),
    "a space before the colon": post(b"Transfer-Encoding : chunked\r\nContent-Length: 0\r\n", ENDED),
    "a tab in the encoding": post(b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 0\r\n", ENDED),
    "a return without a line feed": post(b"X-Note: a\rContent-Length: 5\r\nContent-Length: 0\r\n"),
    "a NUL": post(b"X-Note: a\0b\r\nContent-Length: 0\r\n"),
    "a size of a chunk that is no number": post(CHUNKED, b"0x0\r\n\r\n"),
    "chunks in HTTP/1.0": post(CHUNKED, ENDED, b"1.0"),
    "no request line": ENDED + HIDDEN,
}


@pytest.fixture(scope="module")
def client(production: Production) -> Generator[httpx.Client]:
    """Of an admin."""
    production.database.execute("UPDATE accounts_user SET role = 'admin'")
    with production.served(GRANIAN_WORKERS="1") as (_, client), client() as admin:
        yield admin


@pytest.fixture(scope="module", params=["server", "proxy"])
def connect(
    request: pytest.FixtureRequest, client: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Connect]:
    port = client.base_url.port or 0
    if request.param == "server":
        yield lambda: socket.create_connection((HOST, port), timeout=30)
    else:
        with proxied(tmp_path_factory.mktemp("proxy"), port) as proxy:
            yield proxy.connected


def answers(connect: Connect, requests: bytes) -> tuple[list[int], bytes]:
    """The statuses, and all that is sent until the connection is closed."""
    with closing(connect()) as connection:
        connection.sendall(requests)
        sent = b"".join(iter(lambda: connection.recv(65536), b""))
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", sent)], sent


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_with_an_ambiguous_end_is_refused_and_nothing_after_it_is_read(connect: Connect, name: str) -> None:
    statuses, sent = answers(connect, REFUSED[name])
    assert len(statuses) == 1
    assert statuses[0] in {400, 411, 501}
    assert b"smuggled" not in sent


def test_a_request_inside_the_body_of_another_is_not_answered(connect: Connect) -> None:
    head = b"GET /health/live HTTP/1.1\r\n" + HOSTED + b"Content-Length: %d\r\n\r\n" % len(HIDDEN)
    statuses, sent = answers(connect, head + HIDDEN + LAST)
    assert statuses == [200, 200]
    assert b"smuggled" not in sent


RUN_ELSEWHERE = {
    "SQL": "'; SELECT pg_sleep(20)--",
    "SQL inside": "x') OR 1 = (SELECT 1 FROM pg_sleep(20)) OR ('a' = 'a",
    "other languages": '"><script>alert(1)</script>{{7*7}}${jndi:ldap://x}<%=7*7%>`sleep 20`$(sleep 20);*)(uid=*',
    "NUL": "\0' OR 1=1--",
}
SCHEMA = orjson.loads((ROOT / "docs" / "openapi.json").read_bytes())
UNDOCUMENTED = ("X-Request-ID", "Accept", "Accept-Language", "Authorization", "traceparent", "Cookie", "User-Agent")


def requests(text: str) -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """For every parameter of every operation: a method, a path, a query and headers with the text as its value."""
    for path, operations in SCHEMA["paths"].items():
        ids = {name: str(UUID(int=0)) for _, name, _, _ in Formatter().parse(path) if name}
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                name, place = parameter["name"], parameter["in"]
                given = {place: {name: text}}
                filled = path.format(
                    **ids | {one: quote(value, safe="") for one, value in given.get("path", {}).items()}
                )
                if place != "header" or "\0" not in text:  # the client sends no such header
                    yield method, filled, given.get("query", {}), given.get("header", {})
    for name in UNDOCUMENTED:
        if "\0" not in text:
            yield "get", "/api/v1/patients/", {}, {name: text}


@pytest.mark.parametrize("name", RUN_ELSEWHERE)
def test_parameters_are_never_executed_or_shown_as_html(client: httpx.Client, name: str) -> None:
    for method, path, query, headers in requests(RUN_ELSEWHERE[name]):
        answer = client.request(method, path, params=query, headers=headers, timeout=10)
        assert answer.status_code < 500, (method, path, query, headers)
        assert answer.headers.get("Content-Type", "").startswith(("application/", "text/csv")), (method, path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
