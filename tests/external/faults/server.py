"""A server that misbehaves on real sockets until the test lets it behave."""

import json
import ssl
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from socket import AF_INET, SHUT_RDWR, SO_LINGER, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from threading import Event, Thread
from time import monotonic

import trustme
from attrs import define, field

ADA = {"first_name": "Ada"}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONGEST = 10.0

Behaviour = Callable[["Connection"], None]


@define
class Connection:
    socket: socket
    server: "MisbehavingServer"

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def wait(self, seconds: float) -> bool:
        """Returns whether the server is stopping."""
        return self.server.ending.wait(seconds)


def reset(connected: socket) -> None:
    """Makes a later close send RST instead of FIN."""
    connected.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))


def response(body: bytes, status: int = 200, **headers: str) -> bytes:
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body


def responds(connection: Connection) -> None:
    connection.send(response(json.dumps(ADA).encode()))


@define
class MisbehavingServer:
    """One thread per connection. `behaviour` runs after each request; None closes each connection at once."""

    behaviour: Behaviour | None = responds
    context: ssl.SSLContext | None = None
    backlog: int = 128
    port: int = 0
    ending: Event = field(factory=Event)
    requests: list[bytes] = field(factory=list[bytes])
    connections: list[socket] = field(factory=list[socket])
    _listening: socket | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def listen(self) -> socket:
        """Uses the same port as before, if there was one."""
        listening = self._listening = socket(AF_INET, SOCK_STREAM)
        listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(self.backlog)
        self.port = listening.getsockname()[1]
        return listening

    def serve(self) -> None:
        Thread(target=self._accept, args=[self._listening or self.listen()], daemon=True).start()

    def stop(self) -> None:
        self.ending.set()
        if self._listening:
            with suppress(OSError):
                self._listening.shutdown(SHUT_RDWR)
            self._listening.close()

    def close_connections(self) -> None:
        while self.connections:
            with suppress(OSError):
                self.connections.pop().shutdown(SHUT_RDWR)

    def _accept(self, listening: socket) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listening.accept()
                self.connections.append(accepted)
                Thread(target=self._talk, args=[accepted], daemon=True).start()

    def _talk(self, accepted: socket) -> None:
        with accepted, suppress(OSError):
            speaking = self.context.wrap_socket(accepted, server_side=True) if self.context else accepted
            with speaking, speaking.makefile("rb") as incoming:
                while self.behaviour and (head := self._head(incoming.readline)):
                    self.requests.append(head)
                    behaviour = self.behaviour
                    behaviour(Connection(speaking, self))
                    if behaviour is not responds:
                        return

    @staticmethod
    def _head(line: Callable[[], bytes]) -> bytes:
        return b"".join(iter(line, b"\r\n")) if (first := line()) and first.strip() else b""


@contextmanager
def misbehaving(
    behaviour: Behaviour | None = responds, context: ssl.SSLContext | None = None
) -> Generator[MisbehavingServer]:
    server = MisbehavingServer(behaviour, context)
    server.serve()
    try:
        yield server
    finally:
        server.stop()


def sends(*parts: bytes) -> Behaviour:
    """Sends these bytes and closes the connection."""

    def behave(connection: Connection) -> None:
        for part in parts:
            connection.send(part)

    return behave


def drips(start: bytes, drop: bytes, every: float = 0.02) -> Behaviour:
    """Sends the start of a response, then the same bytes repeatedly."""

    def behave(connection: Connection) -> None:
        connection.send(start)
        end = monotonic() + LONGEST
        while monotonic() < end and not connection.wait(every):
            connection.send(drop)

    return behave


def hangs(connection: Connection) -> None:
    connection.wait(LONGEST)


def resets(start: bytes = b"") -> Behaviour:
    def behave(connection: Connection) -> None:
        connection.send(start)
        reset(connection.socket)

    return behave


def server_context_of(certificate: trustme.LeafCert, trusted: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if trusted:
        trusted.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
