"""Each fault before a request is sent, sync and async."""

import gc
import socket
import ssl
from collections.abc import Generator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import trustme

from adapters.external.client import UpstreamClient
from adapters.external.errors import UpstreamDown, UpstreamNotTrusted
from adapters.external.transport.tls import ClientCertificate
from tests.external.faults.conftest import (
    GRACE,
    ONE_ATTEMPT,
    POLICY,
    THREE_ATTEMPTS,
    ClientOf,
    Interface,
    Scene,
    counted,
    failing,
    is_healthy,
)
from tests.external.faults.server import MisbehavingServer, misbehaving, reset, responds, server_context_of

SILENT = "127.0.0.2"
SERVER_HELLO = b"\x16\x03\x03\x00\x7a\x02"  # the first bytes


def down(client: UpstreamClient, interface: Interface, scene: Scene, error: type[Exception] = UpstreamDown) -> float:
    """Checks that the call fails and the patient is unchanged. Returns its duration in seconds."""
    failure = failing(interface, client)
    assert type(failure.error) is error
    assert failure.seconds < POLICY.timeout + GRACE
    assert counted(client) == [True]
    assert scene.is_unchanged()
    return failure.seconds


@pytest.fixture
def silent() -> Generator[MisbehavingServer]:
    """Listens with a full backlog: Linux drops further connection requests without a reply."""
    server = MisbehavingServer(backlog=0)
    with server.listen(), ExitStack() as stack:
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", server.port))
        yield server
    server.stop()


class Names:
    """The addresses that name look-ups return."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.answered = Event()
        self.answered.set()

    def __call__(self, host: str | bytes, port: int, *args: object, **kwargs: object) -> list[tuple[object, ...]]:
        self.answered.wait(10)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.addresses]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Generator[Names]:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    yield names
    names.answered.set()


def test_refused_connection_is_an_outage(
    server: MisbehavingServer, scene: Scene, interface: Interface, client_of: ClientOf
) -> None:
    server.stop()
    client = client_of(server.url, ONE_ATTEMPT)
    down(client, interface, scene)
    server.listen()
    server.serve()
    assert is_healthy(client)


def test_unresponsive_host_times_out(
    silent: MisbehavingServer, scene: Scene, interface: Interface, client_of: ClientOf
) -> None:
    client = client_of(silent.url)
    assert down(client, interface, scene) >= POLICY.attempt_timeout
    assert client.in_flight == 0


def test_unknown_host_name_is_an_outage(
    server: MisbehavingServer, names: Names, scene: Scene, interface: Interface, client_of: ClientOf
) -> None:
    client = client_of(f"http://upstream.example:{server.port}")
    down(client, interface, scene)
    names.addresses = ["127.0.0.1"]
    assert is_healthy(client)


def test_slow_name_lookup_times_out(
    server: MisbehavingServer, names: Names, scene: Scene, interface: Interface, client_of: ClientOf
) -> None:
    client = client_of(f"http://upstream.example:{server.port}")
    names.answered.clear()
    assert down(client, interface, scene) >= POLICY.attempt_timeout
    names.addresses = ["127.0.0.1"]
    names.answered.set()
    assert is_healthy(client)


def test_unresponsive_address_leaves_time_for_the_next(
    server: MisbehavingServer, names: Names, client_of: ClientOf
) -> None:
    with socket.socket() as listening, ExitStack() as stack:
        listening.bind((SILENT, server.port))
        listening.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((SILENT, server.port))
        names.addresses = [SILENT, "127.0.0.1"]
        assert client_of(f"http://upstream.example:{server.port}", ONE_ATTEMPT).get_object(
            "patients", "1", request_id="r"
        )


@pytest.mark.parametrize("fault", ["untrusted", "wrong host", "expired"])
def test_invalid_server_certificate_is_not_trusted(
    authority: trustme.CA, scene: Scene, interface: Interface, client_of: ClientOf, fault: str
) -> None:
    certificate = {
        "untrusted": lambda: trustme.CA().issue_cert("127.0.0.1"),
        "wrong host": lambda: authority.issue_cert("upstream.example"),
        "expired": lambda: authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1)),
    }[fault]()
    with misbehaving(responds, server_context_of(certificate)) as server:
        client = client_of(server.url, ONE_ATTEMPT)
        down(client, interface, scene, UpstreamNotTrusted)
        assert server.requests == []
        server.context = server_context_of(authority.issue_cert("127.0.0.1"))
        assert is_healthy(client)


class BreakingOff(ssl.SSLContext):
    """Ends the handshake after these bytes, with FIN or RST."""

    given = b""
    by_reset = False

    def wrap_socket(self, sock: socket.socket, *_: object, **__: object) -> ssl.SSLSocket:
        sock.recv(65536)
        sock.sendall(self.given)
        if self.by_reset:
            reset(sock)
        raise ConnectionError


@pytest.mark.parametrize("given", [b"", SERVER_HELLO], ids=["no answer", "the start of one"])
@pytest.mark.parametrize("by_reset", [False, True], ids=["EOF", "RST"])
def test_interrupted_handshake_is_retried(
    tls_server: MisbehavingServer, scene: Scene, interface: Interface, client_of: ClientOf, given: bytes, by_reset: bool
) -> None:
    good, broken = tls_server.context, BreakingOff(ssl.PROTOCOL_TLS_SERVER)
    broken.given, broken.by_reset = given, by_reset
    tls_server.context = broken
    client = client_of(tls_server.url, THREE_ATTEMPTS)
    failure = failing(interface, client)
    assert type(failure.error) is UpstreamDown
    assert failure.seconds < GRACE
    assert counted(client) == [True] * 3
    assert scene.is_unchanged()
    tls_server.context = good
    assert is_healthy(client)


def test_hanging_handshake_times_out_and_closes_its_connection(
    scene: Scene, interface: Interface, client_of: ClientOf
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gc.disable()  # collection would close a leaked connection
        try:
            client = client_of(f"https://127.0.0.1:{listening.getsockname()[1]}")
            assert down(client, interface, scene) >= POLICY.attempt_timeout
            accepted, _ = listening.accept()
            with accepted:
                accepted.settimeout(1)
                while accepted.recv(4096):
                    pass
        finally:
            gc.enable()


def test_client_certificate_is_presented(authority: trustme.CA, tmp_path: Path) -> None:
    pem = tmp_path / "registry.pem"
    authority.issue_cert("registry.example").private_key_and_cert_chain_pem.write_to_path(pem)
    with misbehaving(responds, server_context_of(authority.issue_cert("127.0.0.1"), trusted=authority)) as server:
        known = UpstreamClient(server.url, ONE_ATTEMPT, certificate=ClientCertificate(pem))
        assert known.get_object("patients", "1", request_id="r")
        known.close()
        unknown = UpstreamClient(server.url, ONE_ATTEMPT)
        with pytest.raises(UpstreamDown):
            unknown.get_object("patients", "1", request_id="r")
        unknown.close()
