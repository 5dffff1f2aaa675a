"""Limits on concurrent calls to one upstream. A full bulkhead refuses at once."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from threading import BoundedSemaphore

from adapters.external.errors import TooManyCalls
from adapters.external.transport.connection import OneConnection
from core.errors import RegistryError


class Bulkhead:
    """At most `size` attempts at once, each on a connection of its own."""

    def __init__(self, size: int, new_connection: Callable[[], OneConnection]) -> None:
        self._size = size
        self._new_connection = new_connection
        self._idle: list[OneConnection] = []
        self._closed = False
        self.in_use = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncGenerator[OneConnection]:
        """Raises `TooManyCalls`. After a cancellation or a bug inside, the connection is not used again."""
        if self.in_use >= self._size:
            raise TooManyCalls
        self.in_use += 1
        try:
            http = self._idle.pop() if self._idle else self._new_connection()
            try:
                yield http
            except RegistryError:
                await self._put_back(http)
                raise
            except BaseException:
                await http.aclose()
                raise
            await self._put_back(http)
        finally:
            self.in_use -= 1

    async def _put_back(self, http: OneConnection) -> None:
        if self._closed:
            await http.aclose()
        else:
            self._idle.append(http)

    async def close(self) -> None:
        """Connections in use are closed when their attempt ends."""
        self._closed = True
        while self._idle:
            await self._idle.pop().aclose()


class ThreadBulkhead:
    """At most `size` threads of a process wait for one upstream; the others serve what needs no upstream."""

    def __init__(self, size: int) -> None:
        self._permits = BoundedSemaphore(size)

    @contextmanager
    def acquire(self) -> Generator[None]:
        """Raises `TooManyCalls`."""
        if not self._permits.acquire(blocking=False):
            raise TooManyCalls
        try:
            yield
        finally:
            self._permits.release()
