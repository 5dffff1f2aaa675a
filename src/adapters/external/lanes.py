"""The connections to one upstream."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx

from adapters.external.errors import TooManyCalls


class Lanes:
    """At most `most` calls are under way at once, each on a connection of its own; what comes on top is refused.

    Each has an `httpx.AsyncClient` of its own, too: one pool for all takes longer for each call the more connections it
    has, and loses those whose waiters are cancelled.
    """

    def __init__(self, most: int, make: Callable[[], httpx.AsyncClient]) -> None:
        self._most = most
        self._make = make
        self._idle: list[httpx.AsyncClient] = []
        self._closed = False
        self.under_way = 0

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[httpx.AsyncClient]:
        """Raises `TooManyCalls`. After an error or a cancellation inside, the connection is not used again."""
        if self.under_way >= self._most:
            raise TooManyCalls
        self.under_way += 1
        try:
            http = self._idle.pop() if self._idle else self._make()
            try:
                yield http
            except BaseException:
                await http.aclose()
                raise
            if self._closed:
                await http.aclose()
            else:
                self._idle.append(http)
        finally:
            self.under_way -= 1

    async def close(self) -> None:
        """Those under way are closed when they end."""
        self._closed = True
        while self._idle:
            await self._idle.pop().aclose()
