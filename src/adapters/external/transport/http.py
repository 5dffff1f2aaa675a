"""HTTP/1.1 with h11 on asyncio streams: one request on one connection, which is then aborted.

Nothing that an upstream sends beyond a response can be read as the response to another request. See
docs/decisions/0027-one-connection-per-upstream-request.md.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from socket import SOCK_STREAM
from ssl import SSLContext

import h11
import httpx
from attrs import frozen

from core.errors import InvalidUpstreamResponse

READ_SIZE = 4096  # bytes: h11 parses each read without a pause, and timeouts only apply between reads
MAX_HEAD_SIZE = 100 * 1024
ADDRESS_TIMEOUT = 0.5  # seconds before the next address of a host is tried

HttpError = (h11.RemoteProtocolError, OSError)
"""What sending a request and reading its response may raise."""


@frozen
class HttpResponse:
    status: int
    headers: httpx.Headers
    _connection: h11.Connection
    _reader: asyncio.StreamReader

    async def read(self, max_bytes: int) -> bytes:
        """The body as sent. Raises `InvalidUpstreamResponse` if it is longer, and `HttpError`."""
        body = bytearray()
        while isinstance(event := await _next_event(self._connection, self._reader), h11.Data):
            body += event.data
            if len(body) > max_bytes:
                raise InvalidUpstreamResponse("The upstream system sent a response that is too large.")
        return bytes(body)


@frozen
class HttpTransport:
    """Follows no redirects, keeps no cookies, uses no proxy. The caller sets the timeout."""

    ssl_context: SSLContext

    @asynccontextmanager
    async def send(self, request: httpx.Request) -> AsyncGenerator[HttpResponse]:
        """Raises `HttpError`."""
        host, is_tls = request.url.raw_host.decode("ascii"), request.url.scheme == "https"
        reader, writer = await _connect(host, request.url.port or (443 if is_tls else 80))
        try:
            if is_tls:
                await writer.start_tls(self.ssl_context, server_hostname=host)
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_SIZE)
            writer.write(_serialized(request, connection))
            head = await _next_event(connection, reader)
            while isinstance(head, h11.InformationalResponse):
                head = await _next_event(connection, reader)
            if not isinstance(head, h11.Response):
                raise h11.RemoteProtocolError("no response")
            yield HttpResponse(head.status_code, httpx.Headers(list(head.headers)), connection, reader)
        finally:
            writer.transport.abort()


def _serialized(request: httpx.Request, connection: h11.Connection) -> bytes:
    head = h11.Request(
        method=request.method, target=request.url.raw_path, headers=[*request.headers.raw, (b"Connection", b"close")]
    )
    events = (head, h11.Data(request.content), h11.EndOfMessage()) if request.content else (head, h11.EndOfMessage())
    return b"".join(connection.send(event) or b"" for event in events)


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        await asyncio.sleep(0)  # a read of buffered data would not yield to the loop
        connection.receive_data(await reader.read(READ_SIZE))
    return event


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Tries one address after another. asyncio can try them concurrently, but leaks a connection that is established
    while its call is cancelled."""
    *others, last = await _addresses(host, port)
    for address in others:
        with suppress(OSError):
            async with asyncio.timeout(ADDRESS_TIMEOUT):
                return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(last, port)


async def _addresses(host: str, port: int) -> list[str]:
    with suppress(ValueError):
        return [str(ip_address(host))]  # a lookup would use a thread
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
