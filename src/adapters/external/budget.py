from collections.abc import Callable

from adapters.external.policy import UpstreamPolicy


class RetryBudget:
    """Keeps retries from multiplying an outage: each call adds `retry_share` of a retry, each second `retry_floor` of
    one, and no more are saved up than one call can use."""

    def __init__(self, policy: UpstreamPolicy, monotonic: Callable[[], float]) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._most = float(policy.attempts - 1)
        self._saved = self._most
        self._as_of = monotonic()

    @property
    def left(self) -> float:
        """Retries that may be made right now."""
        grown = self._saved + self._policy.retry_floor * (self._monotonic() - self._as_of)
        return min(self._most, grown)

    def called(self) -> None:
        self._set(self.left + self._policy.retry_share)

    def take(self) -> bool:
        """Whether there was a retry left, which is then used up."""
        if self.left < 1:
            return False
        self._set(self.left - 1)
        return True

    def _set(self, saved: float) -> None:
        self._saved = saved
        self._as_of = self._monotonic()
