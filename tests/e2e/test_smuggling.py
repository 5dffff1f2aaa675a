"""Requests whose end two servers could see in different places, to the shipped proxy and to the server itself."""

import re
import socket
from collections.abc import Callable, Generator
from contextlib import closing

import pytest

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
def port(production: Production) -> Generator[int]:
    with production.served(GRANIAN_WORKERS="1") as (_, client), client() as one:
        yield one.base_url.port or 0


@pytest.fixture(scope="module", params=["server", "proxy"])
def connect(request: pytest.FixtureRequest, port: int, tmp_path_factory: pytest.TempPathFactory) -> Generator[Connect]:
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
def test_a_request_without_one_clear_end_is_refused_and_nothing_after_it_is_read(connect: Connect, name: str) -> None:
    statuses, sent = answers(connect, REFUSED[name])
    assert len(statuses) == 1
    assert statuses[0] in {400, 411, 501}
    assert b"smuggled" not in sent


def test_a_request_inside_the_body_of_another_is_not_answered(connect: Connect) -> None:
    head = b"GET /health/live HTTP/1.1\r\n" + HOSTED + b"Content-Length: %d\r\n\r\n" % len(HIDDEN)
    statuses, sent = answers(connect, head + HIDDEN + LAST)
    assert statuses == [200, 200]
    assert b"smuggled" not in sent
