"""The connections to one upstream."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from adapters.external.errors import TooManyCalls
from adapters.external.network import OneConnection
from core.errors import RegistryError


class Lanes:
    """At most `most` calls are under way at once, each on a connection of its own; what comes on top is refused.

    Each has a pool of its own, too: one for all takes longer for each call the more connections it has, and loses those
    whose waiters are cancelled.
    """

    def __init__(self, most: int, make: Callable[[], OneConnection]) -> None:
        self._most = most
        self._make = make
        self._idle: list[OneConnection] = []
        self._closed = False
        self.under_way = 0

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[OneConnection]:
        """Raises `TooManyCalls`. After a cancellation or a bug inside, the connection is not used again; what upstream
        answered is no reason to drop it."""
        if self.under_way >= self._most:
            raise TooManyCalls
        self.under_way += 1
        try:
            http = self._idle.pop() if self._idle else self._make()
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
            self.under_way -= 1

    async def _put_back(self, http: OneConnection) -> None:
        if self._closed:
            await http.aclose()
        else:
            self._idle.append(http)

    async def close(self) -> None:
        """Those under way are closed when they end."""
        self._closed = True
        while self._idle:
            await self._idle.pop().aclose()
