from collections.abc import Awaitable, Callable
from datetime import timedelta

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from adapters.external.errors import UpstreamDown, UpstreamNotTrusted
from adapters.external.resilience.circuit_breaker import UpstreamCircuitBreaker
from adapters.external.resilience.deadline import Deadline
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.resilience.retry_budget import RetryBudget
from core.errors import RateLimited


def retrying(
    policy: UpstreamPolicy,
    deadline: Deadline,
    circuit_breaker: UpstreamCircuitBreaker,
    retry_budget: RetryBudget,
    *,
    on_retry: Callable[[], None],
    sleep: Callable[[float], Awaitable[None]],
    random: Callable[[], float],
) -> AsyncRetrying:
    """Retries transient errors with exponential backoff and full jitter, and raises the last error.

    Stops when attempts, deadline or budget are used up, or the circuit has opened. A `Retry-After` is honoured only if
    it leaves enough of the deadline for a response.
    """

    def backoff(state: RetryCallState) -> float:
        """Jitter is added to `Retry-After` too: clients that failed together must not return together."""
        jitter = random() * min(policy.backoff_cap, policy.backoff * 2 ** (state.attempt_number - 1))
        requested = _requested_wait(state)
        return jitter + (requested.total_seconds() if requested else 0.0)

    def time_for_response(state: RetryCallState) -> float:
        """An upstream that sends `Retry-After` works: cutting off its next response would count as its failure."""
        return 0.0 if _requested_wait(state) is None else min(policy.slow_call, policy.attempt_timeout)

    def should_stop(state: RetryCallState) -> bool:
        return (
            state.attempt_number >= policy.attempts
            or state.upcoming_sleep + time_for_response(state) >= deadline.remaining
            or circuit_breaker.state in {"open", "isolated"}
            or not retry_budget.try_acquire()
        )

    return AsyncRetrying(
        retry=retry_if_exception(_is_transient),
        wait=backoff,
        stop=should_stop,
        before_sleep=lambda _: on_retry(),
        sleep=sleep,
        reraise=True,
    )


def _requested_wait(state: RetryCallState) -> timedelta | None:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimited):
        return error.retry_after or timedelta()
    return error.retry_after if isinstance(error, UpstreamDown) else None


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, UpstreamDown | RateLimited) and not isinstance(error, UpstreamNotTrusted)
