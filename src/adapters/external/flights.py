import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from attrs import define, field

T = TypeVar("T")


@define
class _Flight(Generic[T]):
    task: "asyncio.Task[T]"
    waiting: int = 0


@define
class Flights(Generic[T]):
    """One piece of work for all who ask for the same at the same time; all are given its result or its error.

    It is cancelled when nobody waits for it any more.
    """

    _under_way: dict[str, _Flight[T]] = field(init=False, factory=dict[str, _Flight[T]])

    async def join(self, key: str, work: Callable[[], Coroutine[object, object, T]]) -> T:
        flight = self._under_way.get(key) or self._begin(key, work)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                self._forget(key, flight)

    def _begin(self, key: str, work: Callable[[], Coroutine[object, object, T]]) -> _Flight[T]:
        flight = self._under_way[key] = _Flight(asyncio.create_task(work()))
        flight.task.add_done_callback(lambda _: self._forget(key, flight))
        return flight

    def _forget(self, key: str, flight: _Flight[T]) -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]
