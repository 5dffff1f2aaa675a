"""Many calls to one upstream, for a job that nobody waits for."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

from attrs import define, field

from adapters.external.background import loop
from adapters.external.errors import UpstreamDown
from core.errors import InvalidAnswer, NotFound, TryLater

T = TypeVar("T")
Path = tuple[str, ...]


def ask_all(
    ask: Callable[[Path], Awaitable[T]], paths: Iterator[Path], at_once: int
) -> Generator[tuple[Path, T | UpstreamDown | InvalidAnswer | None]]:
    """What `ask` returns or raises for each of `paths`, in the order in which it comes; None for `NotFound`.

    At most `at_once` are under way. Once a call is refused for another reason than that it failed, upstream is left
    alone: what is under way is still given, then the reason is raised. Closed, the generator cancels what is under way.
    """
    asking = _Asking(ask, paths)
    future = asyncio.run_coroutine_threadsafe(asking.all(at_once), loop())
    try:
        while (found := asking.found.get()) is not None:
            yield found
        future.result()
    finally:
        future.cancel()


@define
class _Asking(Generic[T]):
    ask: Callable[[Path], Awaitable[T]]
    paths: Iterator[Path]
    found: "SimpleQueue[tuple[Path, T | UpstreamDown | InvalidAnswer | None] | None]" = field(
        init=False, factory=SimpleQueue
    )
    left_alone: TryLater | None = None

    async def all(self, at_once: int) -> None:
        """Raises why upstream is left alone."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(self._one_after_another())
        finally:
            self.found.put(None)
        if self.left_alone:
            raise self.left_alone

    async def _one_after_another(self) -> None:
        for path in self.paths:
            try:
                self.found.put((path, await self.ask(path)))
            except NotFound:
                self.found.put((path, None))
            except (UpstreamDown, InvalidAnswer) as failure:
                self.found.put((path, failure))
            except TryLater as reason:
                self.left_alone = reason
            if self.left_alone:
                return
