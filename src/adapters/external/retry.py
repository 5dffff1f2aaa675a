from collections.abc import Awaitable, Callable

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
    """Tries again what may go better then, unless the circuit has opened, the wait would outlast the deadline or the
    budget is used up.

    Gives the work's own result or its last error.
    """

    def back_off(state: RetryCallState) -> float:
        """Full jitter, on top of the wait that upstream asked for: those it asked must not come back together."""
        jitter = random() * min(policy.backoff_cap, policy.backoff * 2 ** (state.attempt_number - 1))
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, UpstreamDown | RateLimited) else None
        return jitter + (asked.total_seconds() if asked else 0.0)

    def is_hopeless(state: RetryCallState) -> bool:
        return (
            state.attempt_number >= policy.attempts
            or state.upcoming_sleep >= deadline.left
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


def _may_go_better(error: BaseException) -> bool:
    return isinstance(error, UpstreamDown | RateLimited) and not isinstance(error, UpstreamNotTrusted)
