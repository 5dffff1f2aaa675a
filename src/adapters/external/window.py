from collections import deque
from collections.abc import Callable, Sequence

from attrs import frozen


@frozen
class Attempt:
    """`ended` is an instant of a monotonic clock. One that failed in a long time is not slow as well."""

    ended: float
    seconds: float
    failed: bool
    slow: bool


@frozen
class Numbers:
    """What a window shows at one instant. Rates and times are None without attempts."""

    attempts: Sequence[Attempt]

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
    def bad_rate(self) -> float | None:
        return self._share([attempt.failed or attempt.slow for attempt in self.attempts])

    def quantile(self, share: float) -> float | None:
        """The seconds that this share of the attempts did not exceed."""
        seconds = sorted(attempt.seconds for attempt in self.attempts)
        return seconds[min(int(share * len(seconds)), len(seconds) - 1)] if seconds else None

    def _share(self, those: Sequence[bool]) -> float | None:
        return sum(those) / len(those) if those else None


class Window:
    """The attempts of the last `seconds`, and of those the latest `size`."""

    def __init__(self, seconds: float, size: int, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._attempts: deque[Attempt] = deque(maxlen=size)
        self._monotonic = monotonic

    def add(self, seconds: float, *, failed: bool, slow: bool) -> None:
        self._attempts.append(Attempt(self._monotonic(), seconds, failed, slow))

    def clear(self) -> None:
        self._attempts.clear()

    def numbers(self) -> Numbers:
        since = self._monotonic() - self._seconds
        return Numbers([attempt for attempt in self._attempts.copy() if attempt.ended > since])
