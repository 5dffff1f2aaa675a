import asyncio
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from socket import SOCK_STREAM
from ssl import SSLContext

import httpcore
import httpx

_AT_ONCE = 4096  # bytes
_HELD = 64 * 1024
_NEXT_ADDRESS = 0.5  # seconds


class _Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A connection that hides nothing: all that has arrived and was not read is in `_arrived`, with TLS as without, so
    that what nobody asked for is seen before the connection is used again. Time limits are the caller's."""

    def __init__(self) -> None:
        self._transport = asyncio.Transport()
        self._arrived = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        if len(self._arrived) > _HELD:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> None:
        self._ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._error = exc
        self.eof_received()

    async def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        """Closes the connection unless it succeeds, as when it is cancelled."""
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        assert secured
        self._transport = secured
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """A little at a time, with a turn for the others before each: httpcore takes apart what it is given without a
        pause, and time limits hold only where there is one."""
        await asyncio.sleep(0)
        while not self._arrived and not self._ended:
            self._news.clear()
            await self._news.wait()
        if self._error and not self._arrived:
            raise self._error
        taken = bytes(self._arrived[: min(max_bytes, _AT_ONCE)])
        del self._arrived[: len(taken)]
        if len(self._arrived) <= _HELD:
            self._transport.resume_reading()
        return taken

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Without waiting for room: requests are small. That a connection is lost is told by `read`."""
        self._transport.write(buffer)

    async def aclose(self) -> None:
        self._transport.abort()

    def get_extra_info(self, info: str) -> object:
        """`is_readable` is what httpcore asks before it uses a connection again: it does not when there is anything."""
        return bool(self._arrived) or self._ended if info == "is_readable" else self._transport.get_extra_info(info)


class _Backend(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Tries one address after another, a silent one for a moment. asyncio can try them side by side, but loses a
        connection that is made when its call is cancelled."""
        *others, last = await _addresses(host, port)
        for address in others:
            with suppress(OSError):
                async with asyncio.timeout(_NEXT_ADDRESS):
                    return await _connected(address, port)
        return await _connected(last, port)


async def _addresses(host: str, port: int) -> list[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]  # a look-up would take a thread
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _connected(address: str, port: int) -> _Stream:
    _, stream = await asyncio.get_running_loop().create_connection(_Stream, address, port)
    return stream


class OneConnection(httpx.AsyncHTTPTransport):
    """To one host at a time. It is used for the next request if that comes within `kept_for` seconds, and closed by the
    next one otherwise: upstream may be about to close it."""

    def __init__(self, context: SSLContext, kept_for: float = 5.0) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=kept_for,
            network_backend=_Backend(),
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Follows nobody anywhere, keeps no cookies, heeds no proxy: a client of httpx would do all that around this.

        On a new connection where the last answer was longer than it said: the rest would be taken for this one's.
        """
        if any(_left_over(connection) for connection in self._pool.connections):
            await self._pool.aclose()
        return await self.handle_async_request(request)


def _left_over(connection: object) -> bytes:
    """What h11 has read beyond the end of the last answer. httpcore neither looks at it nor shows it: should its
    attributes be renamed, calls fail, and `test_surplus` with them."""
    spoken = connection._connection  # pyright: ignore[reportAttributeAccessIssue] (see above)
    return spoken._h11_state.trailing_data[0] if spoken else b""
