import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from attrs import define, field

T = TypeVar("T")


@define
class _Flight(Generic[T]):
    task: "asyncio.Task[T]"
    waiters: int = 0


@define
class SingleFlight(Generic[T]):
    """Concurrent calls with the same key share one task and its result or error.

    The task is cancelled when its last waiter is.
    """

    _in_flight: dict[str, _Flight[T]] = field(init=False, factory=dict[str, _Flight[T]])

    async def run(self, key: str, work: Callable[[], Coroutine[object, object, T]]) -> T:
        flight = self._in_flight.get(key) or self._start(key, work)
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                flight.task.cancel()
                self._forget(key, flight)

    def _start(self, key: str, work: Callable[[], Coroutine[object, object, T]]) -> _Flight[T]:
        flight = self._in_flight[key] = _Flight(asyncio.create_task(work()))
        flight.task.add_done_callback(lambda _: self._forget(key, flight))
        return flight

    def _forget(self, key: str, flight: _Flight[T]) -> None:
        if self._in_flight.get(key) is flight:
            del self._in_flight[key]
