from collections.abc import Callable

from attrs import frozen


@frozen
class Deadline:
    """An instant of the clock `monotonic`."""

    at: float
    monotonic: Callable[[], float]

    @classmethod
    def after(cls, seconds: float, monotonic: Callable[[], float]) -> "Deadline":
        return cls(monotonic() + seconds, monotonic)

    @property
    def remaining(self) -> float:
        """Seconds; negative after the deadline."""
        return self.at - self.monotonic()
