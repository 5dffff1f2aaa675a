"""Many calls to one upstream, for background jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator
from queue import SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from attrs import define, field

from adapters.external.errors import UpstreamDown
from adapters.external.transport.background_loop import loop
from core.errors import InvalidUpstreamResponse, NotFound, RetryableError

T = TypeVar("T")
Path = tuple[str, ...]
Result: TypeAlias = tuple[Path, T | UpstreamDown | InvalidUpstreamResponse | None]


def fetch_all(fetch: Callable[[Path], Awaitable[T]], paths: Iterator[Path], concurrency: int) -> Generator[Result[T]]:
    """Yields what `fetch` returns or raises for each path, in order of completion; None for `NotFound`.

    Any other `RetryableError` (circuit open, rate limit) stops the run: calls in flight are still yielded, then it is
    raised. Closing the generator cancels the calls in flight.
    """
    run = _BulkRun(fetch, paths)
    future = asyncio.run_coroutine_threadsafe(run.all(concurrency), loop())
    try:
        while (result := run.results.get()) is not None:
            yield result
        future.result()
    finally:
        future.cancel()


@define
class _BulkRun(Generic[T]):
    fetch: Callable[[Path], Awaitable[T]]
    paths: Iterator[Path]
    results: SimpleQueue[Result[T] | None] = field(init=False, factory=SimpleQueue[Result[T] | None])
    backoff_reason: RetryableError | None = None

    async def all(self, concurrency: int) -> None:
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(concurrency):
                    workers.create_task(self._work())
        finally:
            self.results.put(None)
        if self.backoff_reason:
            raise self.backoff_reason

    async def _work(self) -> None:
        for path in self.paths:
            try:
                self.results.put((path, await self.fetch(path)))
            except NotFound:
                self.results.put((path, None))
            except (UpstreamDown, InvalidUpstreamResponse) as failure:
                self.results.put((path, failure))
            except RetryableError as reason:
                self.backoff_reason = reason
            if self.backoff_reason:
                return
