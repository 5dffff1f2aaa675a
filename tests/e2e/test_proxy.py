"""What the shipped proxy passes on, and what it answers itself."""

import socket
import ssl
from collections.abc import Generator
from contextlib import ExitStack, suppress
from pathlib import Path
from select import select
from threading import Thread

import httpx
import pytest

from tests.e2e.proxy import HOST, Proxy, proxied
from tests.programs import free_port

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Upstream:
    """Keeps each request as it came, and answers it."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.listener = socket.create_server((HOST, 0))
        self.port: int = self.listener.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(self._read(connection))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def _read(self, connection: socket.socket) -> bytes:
        read = b""
        while b"\r\n\r\n" not in read:
            read += connection.recv(65536)
        head, _, body = read.partition(b"\r\n\r\n")
        lengths = [
            line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        missing = sum(map(int, lengths)) - len(body)
        while missing > 0:
            missing -= len(connection.recv(65536))
        return head


@pytest.fixture(scope="module")
def upstream() -> Generator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.listener.close()


@pytest.fixture(scope="module")
def proxy(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Generator[Proxy]:
    with proxied(tmp_path_factory.mktemp("proxy"), upstream.port) as proxy:
        yield proxy


def test_forwarding_headers_of_a_caller_are_replaced(proxy: Proxy, upstream: Upstream) -> None:
    names = ("For", "Proto", "Host", "Port", "Prefix", "Scheme", "Server", "Ssl", "User")
    claims = {f"X-Forwarded-{name}": "forged" for name in names}
    claims |= {"Forwarded": "for=forged", "X-Real-IP": "forged", "X_Forwarded_For": "forged", "Proxy": "forged"}
    with proxy.client(Authorization="Bearer token", **claims) as client:
        client.get("/api/v1/patients/", headers={"X-Request-ID": "mine", "traceparent": TRACE})
    head = upstream.requests[-1].decode().split("\r\n")
    assert "forged" not in "".join(head)
    assert {line for line in head if line.startswith("X-")} == {
        f"X-Forwarded-For: {HOST}",
        "X-Forwarded-Proto: https",
        "X-Request-ID: mine",
    }
    assert {"Authorization: Bearer token", f"Host: {HOST}:{proxy.port}", f"traceparent: {TRACE}"} <= set(head)


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/v1/auth/token/", 8_000, 200),
        ("/api/v1/auth/token/", 9_000, 413),
        ("/admin/login/", 9_000, 413),
        ("/reset-password", 9_000, 413),
        ("/api/v1/patients/", 1_000_000, 200),
        ("/api/v1/patients/", 1_100_000, 413),
        ("/api/v1/imports", 3_000_000, 200),
        ("/api/v1/imports/", 3_000_001, 413),
        ("/console/import/", 3_000_000, 200),
        ("/console/import/", 3_000_001, 413),
        ("/api/v1/imports/x/cancel/", 1_100_000, 413),
    ],
)
def test_each_path_limits_the_size_of_its_bodies(
    proxy: Proxy, upstream: Upstream, path: str, size: int, status: int
) -> None:
    before = len(upstream.requests)
    with proxy.client() as client:
        answer = client.post(path, content=b" " * size)
    assert answer.status_code == status
    assert len(upstream.requests) - before == (status == 200)
    if status == 413:
        assert answer.json()["type"] == "urn:problem-type:patient-registry:too-large"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("length", ["abc", "-1", "+2", "9" * 30])
def test_a_content_length_that_is_not_a_number_is_a_bad_request(proxy: Proxy, length: str) -> None:
    answer = raw(proxy, f"POST /api/v1/patients/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n\r\n{{}}")
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"urn:problem-type:patient-registry" in answer
    assert b"X-Content-Type-Options: nosniff" in answer


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = httpx.get(f"http://{HOST}:{proxy.plain_port}/notices/?page=2", trust_env=False)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{HOST}/notices/?page=2")


def test_metrics_are_not_public(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert {client.get(path).status_code for path in ("/metrics", "/metrics/")} == {404}


def test_one_address_has_a_hundred_requests_at_once(proxy: Proxy) -> None:
    unfinished = f"POST /api/v1/patients/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 2\r\n\r\n{{".encode()
    with ExitStack() as opened, proxy.client() as client:
        connections = [opened.enter_context(proxy.connected("127.0.0.2")) for _ in range(101)]
        for connection in connections:
            connection.sendall(unfinished)
        refused = first_answer(connections)
        assert refused.startswith(b"HTTP/1.1 429")
        assert b"X-Content-Type-Options: nosniff" in refused
        assert b"Retry-After: 5" in refused
        assert client.get("/health/live").status_code == 200


def test_a_registry_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with proxied(tmp_path, free_port()) as proxy, proxy.client() as client:
        answer = client.get("/api/v1/patients/")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.json()["type"] == "urn:problem-type:patient-registry:unavailable"


def first_answer(connections: list[ssl.SSLSocket]) -> bytes:
    for connection in connections:
        connection.setblocking(False)
    while readable := select(connections, [], [], 30)[0]:
        for connection in readable:
            with suppress(ssl.SSLWantReadError):  # it was a part of the handshake
                return connection.recv(65536)
    raise TimeoutError


def raw(proxy: Proxy, request: str, source: str = HOST) -> bytes:
    """The first part of the answer."""
    with proxy.connected(source) as connection:
        connection.sendall(request.encode())
        return connection.recv(65536)
