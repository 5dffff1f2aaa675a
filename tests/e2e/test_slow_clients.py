"""Hundreds of clients that dawdle, before the shipped proxy and the server behind it."""

import socket
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from time import monotonic

import httpx
import pytest
from attrs import frozen

from tests.e2e.production import Production, register, until
from tests.e2e.proxy import HOST, Proxy, proxied

EACH = 200
ADDRESSES = [f"127.0.0.{n}" for n in range(2, 12)]  # below what the proxy grants to one
PATIENTS, BYTES = 1_500, 5_000_000  # an export that no buffer of a connection holds
PLACES = 4  # for exports of one account: two in each of two processes
COPY = """
    INSERT INTO patients_patient SELECT (jsonb_populate_record(patient, jsonb_build_object(
        'id', gen_random_uuid(), 'email', gen_random_uuid() || '@mail.example', 'external_id', NULL
    ))).* FROM patients_patient patient, generate_series(1, %s) n WHERE patient.id = %s
"""


@frozen
class Served:
    production: Production
    direct: Callable[[], httpx.Client]
    proxy: Proxy

    @property
    def signed_in(self) -> str:
        return f"Host: {HOST}\r\nAuthorization: Bearer {self.production.token}\r\n"


@pytest.fixture(scope="module")
def served(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    directory = tmp_path_factory.mktemp("slow")
    with production.served() as (_, direct):
        with direct() as client:
            identifiers = [{"system": f"urn:{n}:{'x' * 190}", "value": "y" * 100} for n in range(15)]
            registered = register(client, identifiers=identifiers)
            port = client.base_url.port or 0
        production.database.execute(COPY, [PATIENTS, registered.json()["id"]])
        with proxied(directory, port) as proxy:
            yield Served(production, direct, proxy)


def opened(proxy: Proxy, held: ExitStack, request: str) -> list[socket.socket]:
    """Connections on which `request` was sent, and from which nothing is read."""
    connections: list[socket.socket] = []
    for n in range(EACH):
        connection = held.enter_context(proxy.connected(ADDRESSES[n % len(ADDRESSES)], buffer=4096))
        connection.sendall(request.encode())
        connections.append(connection)
    return connections


def ends(connection: socket.socket) -> bool:
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:  # it is reset
        pass
    return True


def answer_times(client: httpx.Client, paths: Iterable[str]) -> list[float]:
    times: list[float] = []
    for path in paths:
        began = monotonic()
        assert client.get(path).status_code == 200
        times.append(monotonic() - began)
    return times


def test_slow_clients_do_not_delay_others(served: Served) -> None:
    with ExitStack() as held, served.proxy.client(Authorization=f"Bearer {served.production.token}") as client:
        head = f"POST /api/v1/patients/ HTTP/1.1\r\n{served.signed_in}Content-Type: application/json\r\n"
        bodies = opened(served.proxy, held, f"{head}Content-Length: 1000\r\n\r\n{{")
        heads = opened(served.proxy, held, f"GET /health/live HTTP/1.1\r\n{served.signed_in}X-Slow: ")
        exports = opened(served.proxy, held, f"GET /api/v1/patients/export/ HTTP/1.1\r\n{served.signed_in}\r\n")
        times = answer_times(client, ["/health/live", "/api/v1/users/me/", "/api/v1/patients/?limit=1"] * 5)
        assert max(times) < 5
        assert {connection.recv(12) for connection in exports} == {b"HTTP/1.1 200", b"HTTP/1.1 429"}
        assert all(ends(connection) for connection in [*bodies, *heads])  # after ten seconds


def test_an_abandoned_download_frees_its_slot(served: Served) -> None:
    def status_of_export_left_at_once() -> int:
        with client.stream("GET", "/api/v1/patients/export/") as answer:
            return answer.status_code

    with served.direct() as client:
        for _ in range(4 * PLACES):
            status_of_export_left_at_once()
        until(lambda: status_of_export_left_at_once() == 200)


def test_an_export_is_complete_behind_the_proxy(served: Served) -> None:
    answers: list[httpx.Response] = []

    def is_exported() -> bool:
        """Once places are free again."""
        answers.append(client.get("/api/v1/patients/export/", headers={"Accept": "application/x-ndjson"}))
        return answers[-1].status_code == 200

    with served.proxy.client(Authorization=f"Bearer {served.production.token}") as client:
        until(is_exported)
    assert len(answers[-1].content) > BYTES
    assert answers[-1].content.count(b"\n") == len(served.production.kept())
