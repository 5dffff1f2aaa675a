"""The server's processes, which are replaced while it is used, and what it answers on raw connections."""

import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

import httpx
import pytest

from tests.e2e.production import Production, answers, register, until

CLIENTS = 4
PAUSE = 0.01  # seconds between two requests of a client
Server = tuple["subprocess.Popen[bytes]", Callable[[], httpx.Client]]


@pytest.fixture(scope="module")
def secret(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file without which the application does not load."""
    file = tmp_path_factory.mktemp("secret") / "key"
    file.write_text(production.environment["SECRET_KEY"])
    return file


@pytest.fixture(scope="module")
def server(production: Production, secret: Path) -> Generator[Server]:
    waits_for_nothing = {"GRANIAN_RESPAWN_INTERVAL": "0.1"}  # as if the application took long to load
    with production.served(SECRET_KEY="", SECRET_KEY_FILE=str(secret), **waits_for_nothing) as server:
        yield server


def workers(process: "subprocess.Popen[bytes]") -> set[int]:
    return {int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()}


def serving_workers(process: "subprocess.Popen[bytes]") -> set[int]:
    """Those that are ready for SIGUSR1, which they are once they have loaded the application."""
    return {pid for pid in workers(process) if _catches(pid, signal.SIGUSR1)}


def _catches(pid: int, signum: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        caught = next(
            line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt:")
        )
        return bool(int(caught.split()[1], 16) >> (signum - 1) & 1)
    return False


def address_of(client: Callable[[], httpx.Client]) -> tuple[str, int]:
    with client() as one:
        return one.base_url.host, one.base_url.port or 0


def answer_to(address: tuple[str, int], request: bytes) -> bytes:
    """All that the server sends until it closes the connection."""
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def status_on_a_fresh_connection(address: tuple[str, int]) -> object:
    """The answer's status, or the error that came in its place."""
    connection = HTTPConnection(*address, timeout=30)
    try:
        connection.request("GET", "/health/live", headers={"Connection": "close"})
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        return repr(error)
    finally:
        connection.close()


def test_a_reload_replaces_every_worker_without_a_failed_request(server: Server) -> None:
    process, client = server
    until(lambda: len(serving_workers(process)) == 2)
    before, done, address = workers(process), Event(), address_of(client)

    def use() -> Counter[object]:
        seen: Counter[object] = Counter()
        while not done.wait(PAUSE):
            seen[status_on_a_fresh_connection(address)] += 1
        return seen

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(use) for _ in range(CLIENTS)]
        process.send_signal(signal.SIGHUP)
        try:
            until(lambda: len(serving_workers(process)) == len(workers(process)) == 2 and not before & workers(process))
        finally:
            done.set()
        seen = sum((used.result() for used in clients), Counter[object]())
    assert set(seen) == {200}
    assert seen[200] > CLIENTS


def test_a_reload_that_cannot_load_the_application_changes_nothing(server: Server, secret: Path) -> None:
    process, client = server
    until(lambda: len(serving_workers(process)) == 2)
    before = workers(process)
    moved = secret.rename(secret.with_name("moved"))
    for _ in range(2):  # the second shows that the first is over
        process.send_signal(signal.SIGHUP)
        until(lambda: len(workers(process)) == 3 and before < workers(process))
        until(lambda: workers(process) == before)
    moved.rename(secret)
    with client() as one:
        assert answers(one)


def test_killed_workers_are_replaced_every_time(server: Server) -> None:
    process, client = server
    until(lambda: len(serving_workers(process)) == 2)
    with client() as one:
        for _ in range(2):
            killed = workers(process)
            for worker in killed:
                os.kill(worker, signal.SIGKILL)
            until(lambda killed=killed: len(workers(process) - killed) == 2)
        until(lambda: answers(one))
        assert register(one).status_code == 201
    assert process.poll() is None


def test_http_2_is_not_served(server: Server) -> None:
    """Streams of HTTP/2 whose bodies never end would hold threads for good."""
    _, client = server
    preface, settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    assert answer_to(address_of(client), preface + settings)[:12] in {b"", b"HTTP/1.1 400"}
    with client() as one:
        assert one.get("/api/v1/users/me/").http_version == "HTTP/1.1"


@pytest.mark.parametrize("length", ["abc", "-1", "+2", "2, 3", "9" * 30])
def test_a_content_length_that_is_not_a_number_is_a_bad_request(server: Server, length: str) -> None:
    _, client = server
    request = f"POST /api/v1/auth/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{{}}"
    assert answer_to(address_of(client), request.encode()).startswith(b"HTTP/1.1 400")
