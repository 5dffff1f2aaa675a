"""Who shares whose work, where some give up while others come."""

import asyncio

from adapters.external.resilience.single_flight import SingleFlight


class Work:
    """Gives its number once it is let end. What is cancelled takes a while to end."""

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
        given_up = asyncio.create_task(single_flight.run("7", work))
        await turns(3)
        given_up.cancel()
        await turns(1)
        second = asyncio.create_task(single_flight.run("7", work))
        await turns(10)  # by now the work of the first has ended
        third = asyncio.create_task(single_flight.run("7", work))
        await turns(3)
        work.ending.set()
        return [await second, await third]

    assert asyncio.run(scenario()) == [2, 2]
