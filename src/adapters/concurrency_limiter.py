from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from attrs import field, frozen

from core.errors import TooManyRequests
from core.ports import ConcurrencyLimiter


@frozen
class InProcessConcurrencyLimiter(ConcurrencyLimiter):
    """Counts in this process alone: what it limits holds the process's own threads, and ends with it."""

    places: int
    message: str
    retry_after: timedelta
    _taken: Counter[str] = field(init=False, factory=Counter[str])
    _lock: Lock = field(init=False, factory=Lock)

    def acquire(self, caller: str) -> Callable[[], None]:
        with self._lock:
            if self._taken[caller] >= self.places:
                raise TooManyRequests(self.message, retry_after=self.retry_after)
            self._taken[caller] += 1
        held = [caller]

        def release() -> None:
            with self._lock:
                if held:
                    self._taken.subtract([held.pop()])
                    if not self._taken[caller]:
                        del self._taken[caller]

        return release
