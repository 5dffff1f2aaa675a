"""CPU time of a piece of work. The best of thirty tries counts, so that limits hold on a slow and busy machine."""

from collections.abc import Callable
from time import thread_time

ANONYMOUS = 0.02  # seconds, for an anonymous caller
SIGNED_IN = 0.1  # seconds, for a caller who has signed in
TOLERANCE = 2  # programs beside slow work that needs the caches more than they slow the reference
REFERENCE = 0.0075  # seconds of `_reference` on the machine that the limits were set on


def cost(work: Callable[[], object], limit: float) -> float:
    """In seconds of that machine. Stops at the first try within the limit."""
    best, slowness = float("inf"), 1.0
    for _ in range(30):
        best = min(best, _seconds(work))
        if best <= limit * slowness:
            break
        if slowness == 1:
            slowness = TOLERANCE * max(1.0, min(_seconds(_reference) for _ in range(10)) / REFERENCE)
    return best / slowness


def _reference() -> None:
    """The work of an interpreter, so that a slower or busier machine does not fail the tests."""
    for number in range(30_000):
        str(number).encode().hex()


def _seconds(work: Callable[[], object]) -> float:
    started = thread_time()
    work()
    return thread_time() - started
