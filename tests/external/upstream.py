"""An upstream with scripted responses, on a real socket."""

import json
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import MSG_PEEK, socket
from threading import Condition, Event, Thread
from time import monotonic

from attrs import field, frozen

TLS_HANDSHAKE = b"\x16"
TOO_LONG = 5.0


@frozen
class Request:
    """`target` as sent."""

    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class Upstream(ThreadingHTTPServer):
    """Sends its answers in the order of the requests, and repeats the last one."""

    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[Request] = []
        self.connections = 0
        self.ending = Event()
        self._answers: list[Answer] = [reply({})]
        self._arrival = Condition()

    def answers(self, *answers: "Answer") -> None:
        self._answers = list(answers)

    def arrived(self, request: Request) -> "Answer":
        with self._arrival:
            self.requests.append(request)
            self._arrival.notify_all()
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def wait_for(self, requests: int) -> None:
        with self._arrival:
            assert self._arrival.wait_for(lambda: len(self.requests) >= requests, timeout=30)

    def get_request(self) -> tuple[socket, str]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle(self) -> None:
        if self.connection.recv(1, MSG_PEEK) == TLS_HANDSHAKE:
            self.wfile.write(b"HTTP/1.1 400 This is a plain HTTP server\r\n\r\n")
            self.rfile.read()
        else:
            super().handle()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.arrived(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))(self)

    do_POST = do_GET  # noqa: N815 (the name that `http.server` requires)

    def log_message(self, format: str, *args: object) -> None: ...


Answer = Callable[[_Handler], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def running_upstream() -> Generator[Upstream]:
    with Upstream() as upstream:
        thread = Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield upstream
        finally:
            upstream.ending.set()
            upstream.shutdown()
            thread.join()


@frozen
class reply:  # noqa: N801 (used like a function)
    """A complete response. A `body` that is not bytes is sent as JSON."""

    body: object = b""
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict[str, str])
    after: Event | None = None
    """Delays the response until it is set."""

    def __call__(self, handler: _Handler) -> None:
        if self.after:
            assert self.after.wait(timeout=30)
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        handler.wfile.write(f"HTTP/1.1 {self.status} Status\r\n{lines}\r\n".encode() + body)


@frozen
class send:  # noqa: N801
    """Sends these bytes and closes the connection."""

    raw: bytes

    def __call__(self, handler: _Handler) -> None:
        handler.wfile.write(self.raw)
        handler.close_connection = True


@frozen
class drip:  # noqa: N801
    """Sends the start of a response, then the same bytes `every` so many seconds, for longer than any timeout."""

    start: bytes
    drop: bytes
    every: float = 0.02

    def __call__(self, handler: _Handler) -> None:
        handler.wfile.write(self.start)
        end = monotonic() + TOO_LONG
        while monotonic() < end and not handler.server.ending.wait(self.every):
            handler.wfile.write(self.drop)
        handler.close_connection = True


def hang(handler: _Handler) -> None:
    handler.server.ending.wait(TOO_LONG)
    handler.close_connection = True
