from collections.abc import Callable

from adapters.external.resilience.policy import UpstreamPolicy


class RetryBudget:
    """A token bucket that keeps retries from multiplying an outage.

    Each call adds `retry_share` of a retry, each second `retry_floor` of one. It holds at most the retries of one call.
    """

    def __init__(self, policy: UpstreamPolicy, monotonic: Callable[[], float]) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._capacity = float(policy.attempts - 1)
        self._balance = self._capacity
        self._updated_at = monotonic()

    @property
    def available(self) -> float:
        """Retries allowed now."""
        refilled = self._balance + self._policy.retry_floor * (self._monotonic() - self._updated_at)
        return min(self._capacity, refilled)

    def record_call(self) -> None:
        self._set(self.available + self._policy.retry_share)

    def try_acquire(self) -> bool:
        """Uses up one retry, if there is one."""
        if self.available < 1:
            return False
        self._set(self.available - 1)
        return True

    def _set(self, balance: float) -> None:
        self._balance = balance
        self._updated_at = self._monotonic()
