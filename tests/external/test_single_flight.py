"""Sharing of work, with cancelled and new waiters."""

import asyncio

from adapters.external.resilience.single_flight import SingleFlight


class Work:
    """Returns the number of its run once `ending` is set. A cancelled run takes a while to end."""

    def __init__(self) -> None:
        self.begun = 0
        self.ending = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.ending.wait()
        except asyncio.CancelledError:
            await turns(5)
            raise
        return number


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_call_after_the_last_waiter_was_cancelled_starts_a_new_flight() -> None:
    async def scenario() -> list[int]:
        single_flight, work = SingleFlight[int](), Work()
        cancelled = asyncio.create_task(single_flight.run("7", work))
        await turns(3)
        cancelled.cancel()
        await turns(1)
        second = asyncio.create_task(single_flight.run("7", work))
        await turns(10)  # until the work of the first call has ended
        third = asyncio.create_task(single_flight.run("7", work))
        await turns(3)
        work.ending.set()
        return [await second, await third]

    assert asyncio.run(scenario()) == [2, 2]
