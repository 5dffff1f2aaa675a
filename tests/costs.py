"""What work costs in CPU time. Limits hold on a slow machine that others use too: the best of five tries counts."""

from collections.abc import Callable
from time import thread_time

ANONYMOUS = 0.02  # seconds that anybody may take
SIGNED_IN = 0.1  # seconds that somebody who has signed in may take


def cost(work: Callable[[], object], limit: float) -> float:
    """Seconds of CPU. The first try within the limit is good enough."""
    best = float("inf")
    for _ in range(5):
        began = thread_time()
        work()
        best = min(best, thread_time() - began)
        if best <= limit:
            break
    return best
