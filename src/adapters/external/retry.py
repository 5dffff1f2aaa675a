from collections.abc import Awaitable, Callable
from datetime import timedelta

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from adapters.external.budget import RetryBudget
from adapters.external.circuit import Circuit
from adapters.external.deadline import Deadline
from adapters.external.errors import UpstreamDown, UpstreamNotTrusted
from adapters.external.policy import UpstreamPolicy
from core.errors import RateLimited


def retries(
    policy: UpstreamPolicy,
    deadline: Deadline,
    circuit: Circuit,
    budget: RetryBudget,
    retried: Callable[[], None],
    *,
    sleep: Callable[[float], Awaitable[None]],
    random: Callable[[], float],
) -> AsyncRetrying:
    """Tries again what may go better then, unless the circuit has opened, the wait would outlast the deadline or, where
    upstream asked for it, leave too little time for an answer, or the budget is used up.

    Gives the work's own result or its last error.
    """

    def back_off(state: RetryCallState) -> float:
        """Full jitter, on top of the wait that upstream asked for: those it asked must not come back together."""
        jitter = random() * min(policy.backoff_cap, policy.backoff * 2 ** (state.attempt_number - 1))
        asked = _asked_to_wait(state)
        return jitter + (asked.total_seconds() if asked else 0.0)

    def time_needed(state: RetryCallState) -> float:
        """Upstream is well enough to say when it will answer: a good answer must not be cut short by the deadline, nor
        count as a failure for that."""
        return 0.0 if _asked_to_wait(state) is None else min(policy.slow_call, policy.attempt_timeout)

    def is_hopeless(state: RetryCallState) -> bool:
        return (
            state.attempt_number >= policy.attempts
            or state.upcoming_sleep + time_needed(state) >= deadline.left
            or circuit.state in {"open", "isolated"}
            or not budget.take()
        )

    return AsyncRetrying(
        retry=retry_if_exception(_may_go_better),
        wait=back_off,
        stop=is_hopeless,
        before_sleep=lambda _: retried(),
        sleep=sleep,
        reraise=True,
    )


def _asked_to_wait(state: RetryCallState) -> timedelta | None:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimited):
        return error.retry_after or timedelta()
    return error.retry_after if isinstance(error, UpstreamDown) else None


def _may_go_better(error: BaseException) -> bool:
    return isinstance(error, UpstreamDown | RateLimited) and not isinstance(error, UpstreamNotTrusted)
