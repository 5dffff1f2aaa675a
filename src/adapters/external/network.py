"""Deadlines that hold on a socket.

httpx's timeouts are for one read each: an upstream that sends a byte now and then, in its headers or its body, is never
timed out. Here every operation on the network is given what is left of the call.
"""

import socket
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext

import httpcore
import httpx
from attrs import evolve, frozen


@frozen
class Deadline:
    """An instant of the clock `monotonic`."""

    at: float
    monotonic: Callable[[], float]

    @classmethod
    def after(cls, seconds: float, monotonic: Callable[[], float]) -> "Deadline":
        return cls(monotonic() + seconds, monotonic)

    @property
    def left(self) -> float:
        """Seconds; negative once it is over."""
        return self.at - self.monotonic()

    def within(self, seconds: float) -> "Deadline":
        """The same, but no later than `seconds` from now."""
        return evolve(self, at=min(self.at, self.monotonic() + seconds))

    @contextmanager
    def held(self) -> Generator[None]:
        """Inside, a `DeadlineTransport` called by this thread raises `httpx.TimeoutException` once this is over."""
        token = _deadline.set(self)
        try:
            yield
        finally:
            _deadline.reset(token)


_deadline: ContextVar[Deadline] = ContextVar("deadline")


def _left(over: type[httpcore.TimeoutException]) -> float:
    left = _deadline.get().left
    if left <= 0:
        raise over
    return left


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from None
    return [str(address[0]) for *_, address in found]


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries the host's addresses in turn, each for its share of what is left: one that is silent must not keep the
        next from being tried."""
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError()
        addresses = _addresses(host, port)
        for position, address in enumerate(addresses):
            share = _left(httpcore.ConnectTimeout) / (len(addresses) - position)
            try:
                return _Stream(super().connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class DeadlineTransport(httpx.HTTPTransport):
    """For calls made under `Deadline.held`. A hospital's own authorities are trusted through `SSL_CERT_FILE`."""

    def __init__(self, max_connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=5.0,
            network_backend=_Backend(),
        )
