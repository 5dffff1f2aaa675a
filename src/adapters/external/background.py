"""Each process has one event loop for its calls to upstreams, in a thread of its own.

It is started by the first call, so that each child of a fork has its own. What belongs to a call lives on this loop
alone and needs no lock.
"""

import asyncio
import os
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from threading import BoundedSemaphore, Thread
from typing import TypeVar

from adapters.external.errors import TooManyCalls

T = TypeVar("T")

_loops: dict[int, asyncio.AbstractEventLoop] = {}


def run(work: Coroutine[object, object, T]) -> T:
    """For a thread that waits. An interruption of the wait cancels the work."""
    future = asyncio.run_coroutine_threadsafe(work, loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def arun(work: Coroutine[object, object, T]) -> T:
    """For a task of any event loop. Its cancellation cancels the work."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop()))


def loop() -> asyncio.AbstractEventLoop:
    return _loops.get(os.getpid()) or _started(os.getpid())


def _started(process: int) -> asyncio.AbstractEventLoop:
    """Without a lock, which the child of a fork could inherit locked. It is seen once it has its thread: there may be
    no room for one."""
    new = asyncio.new_event_loop()
    try:
        Thread(target=_run, args=[new], name="upstream-calls", daemon=True).start()
    except BaseException:
        new.close()
        raise
    chosen = _loops.setdefault(process, new)
    if chosen is not new:
        new.call_soon_threadsafe(new.stop)
    return chosen


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


class WaitingThreads:
    """At most `most` threads of a process wait for one upstream; the others have something better to do."""

    def __init__(self, most: int) -> None:
        self._permits = BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Generator[None]:
        """Raises `TooManyCalls` rather than wait."""
        if not self._permits.acquire(blocking=False):
            raise TooManyCalls
        try:
            yield
        finally:
            self._permits.release()
