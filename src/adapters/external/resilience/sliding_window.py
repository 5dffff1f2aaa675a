from collections import deque
from collections.abc import Callable, Sequence

from attrs import frozen


@frozen
class AttemptResult:
    """`ended_at` is an instant of the monotonic clock. A failed attempt never counts as slow as well."""

    ended_at: float
    seconds: float
    failed: bool
    slow: bool


@frozen
class WindowSnapshot:
    """Rates and quantiles are None without attempts."""

    attempts: Sequence[AttemptResult]

    @property
    def calls(self) -> int:
        return len(self.attempts)

    @property
    def failure_rate(self) -> float | None:
        return self._share([attempt.failed for attempt in self.attempts])

    @property
    def slow_rate(self) -> float | None:
        return self._share([attempt.slow for attempt in self.attempts])

    @property
    def failed_or_slow_rate(self) -> float | None:
        return self._share([attempt.failed or attempt.slow for attempt in self.attempts])

    def quantile(self, share: float) -> float | None:
        """In seconds; 0.5 is the median."""
        seconds = sorted(attempt.seconds for attempt in self.attempts)
        return seconds[min(int(share * len(seconds)), len(seconds) - 1)] if seconds else None

    def _share(self, flags: Sequence[bool]) -> float | None:
        return sum(flags) / len(flags) if flags else None


class SlidingWindow:
    """The attempts of the last `seconds`, at most the latest `size` of them."""

    def __init__(self, seconds: float, size: int, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._attempts: deque[AttemptResult] = deque(maxlen=size)
        self._monotonic = monotonic

    def add(self, seconds: float, *, failed: bool, slow: bool) -> None:
        self._attempts.append(AttemptResult(self._monotonic(), seconds, failed, slow))

    def clear(self) -> None:
        self._attempts.clear()

    def snapshot(self) -> WindowSnapshot:
        since = self._monotonic() - self._seconds
        return WindowSnapshot([attempt for attempt in self._attempts.copy() if attempt.ended_at > since])
