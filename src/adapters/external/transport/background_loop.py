"""One event loop per process for all calls to upstreams, in a daemon thread.

The first call starts it, so a forked child gets its own. The state of calls lives on this loop only and needs no lock.
"""

import asyncio
import os
from collections.abc import Coroutine
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

_loops: dict[int, asyncio.AbstractEventLoop] = {}


def run(work: Coroutine[object, object, T]) -> T:
    """Blocks the calling thread. An exception raised in it meanwhile, such as KeyboardInterrupt, cancels the work."""
    future = asyncio.run_coroutine_threadsafe(work, loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def arun(work: Coroutine[object, object, T]) -> T:
    """For a task of any event loop. Cancelling it cancels the work."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop()))


def loop() -> asyncio.AbstractEventLoop:
    return _loops.get(os.getpid()) or _start(os.getpid())


def _start(process: int) -> asyncio.AbstractEventLoop:
    """Uses no lock, because a forked child could inherit it locked. The loop is published only once its thread runs,
    because starting a thread can fail."""
    new = asyncio.new_event_loop()
    try:
        Thread(target=_run, args=[new], name="upstream-calls", daemon=True).start()
    except BaseException:
        new.close()
        raise
    published = _loops.setdefault(process, new)
    if published is not new:
        new.call_soon_threadsafe(new.stop)
    return published


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()
