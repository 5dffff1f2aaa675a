import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar, cast

import structlog
from circuitbreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker

from adapters.external.errors import CircuitIsolated, CircuitOpen
from adapters.external.resilience.listener import NullListener, State, UpstreamListener
from adapters.external.resilience.policy import UpstreamPolicy
from adapters.external.resilience.sliding_window import SlidingWindow

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

T = TypeVar("T")
_PROBE_WAIT = timedelta(seconds=1)


class UpstreamCircuitBreaker(CircuitBreaker):
    """Opens when too many recent attempts failed or were slow. After the recovery time it lets `policy.probes` attempts
    through at once: it closes when that many succeed, and opens again when one fails.

    Only errors of type `failure` count. Other errors, cancellations and attempts admitted before the last change of
    state are neutral.

    `CircuitBreaker` provides the states and the failure predicate. It counts consecutive failures, admits every call
    while half-open and treats every other error as a success. It is a base class, not a part: it reads its own clock,
    in whole seconds.
    """

    def __init__(
        self,
        upstream: str,
        policy: UpstreamPolicy,
        *,
        failure: type[Exception],
        monotonic: Callable[[], float] = time.monotonic,
        listener: UpstreamListener | None = None,
    ) -> None:
        super().__init__(recovery_timeout=policy.recovery, expected_exception=failure, name=upstream)
        self.window = SlidingWindow(policy.window, policy.window_calls, monotonic)
        self._upstream = upstream
        self._policy = policy
        self._monotonic = monotonic
        self._listener = listener or NullListener()
        self._generation = 0
        self._probes_in_flight = 0
        self._probes_succeeded = 0
        self._isolated = False
        self._applied_revision: int | None = None
        self._listener.on_circuit_state(upstream, "closed")

    @property
    def state(self) -> State:
        return "isolated" if self._isolated else cast("State", super().state)

    @property
    def open_remaining(self) -> float:
        return self._opened + self._recovery_timeout - self._monotonic()

    @property
    def remaining(self) -> float:
        """Seconds until an open circuit admits a probe; 0 in any other state."""
        return max(0.0, self.open_remaining) if self.opened else 0.0

    async def call_async(self, work: Callable[[], Awaitable[T]]) -> T:
        """Raises `CircuitOpen` or `CircuitIsolated` without calling `work`."""
        generation = self.admit()
        started = self._monotonic()
        try:
            result = await work()
        except BaseException as error:
            self.record(generation, self._monotonic() - started, error)
            raise
        self.record(generation, self._monotonic() - started, None)
        return result

    def admit(self) -> int:
        """Returns the generation to pass to `record`, which must follow however the attempt ends."""
        if self._isolated:
            raise CircuitIsolated
        if self.opened:
            raise CircuitOpen(retry_after=timedelta(seconds=self.remaining))
        if self._state == STATE_OPEN:
            self._enter(STATE_HALF_OPEN)
        if self._state == STATE_HALF_OPEN:
            if self._probes_in_flight >= self._policy.probes:
                raise CircuitOpen(retry_after=_PROBE_WAIT)
            self._probes_in_flight += 1
        return self._generation

    def record(self, generation: int, seconds: float, error: BaseException | None) -> None:
        if generation != self._generation:
            return
        if self._state == STATE_HALF_OPEN:
            self._probes_in_flight -= 1
        failed = error is not None and bool(self.is_failure(type(error), error))
        if error is not None and not failed:
            return
        slow = not failed and seconds > self._policy.slow_call
        self.window.add(seconds, failed=failed, slow=slow)
        if self._state == STATE_HALF_OPEN:
            self._record_probe(succeeded=not (failed or slow))
        elif failed or slow:
            self._open_if_over_threshold()

    def apply_override(self, revision: int, *, isolated: bool) -> None:
        """Applies each revision once and ignores older ones. A new circuit breaker has nothing to close, so the first
        revision it sees only matters if it isolates."""
        before = self._applied_revision
        if before is not None and revision <= before:
            return
        self._applied_revision = revision
        if isolated:
            self.isolate()
        elif before is not None:
            self.close()

    def isolate(self) -> None:
        """Admits nothing until `close`."""
        self._isolated = True
        self._enter(self._state)

    def close(self) -> None:
        """Also ends an isolation, and clears the window."""
        self._isolated = False
        self._enter(STATE_CLOSED)

    def _record_probe(self, *, succeeded: bool) -> None:
        if not succeeded:
            self._open()
            return
        self._probes_succeeded += 1
        if self._probes_succeeded >= self._policy.probes:
            self._enter(STATE_CLOSED)

    def _open_if_over_threshold(self) -> None:
        window = self.window.snapshot()
        rate = window.failed_or_slow_rate or 0.0
        if window.calls >= self._policy.min_calls and rate >= self._policy.failure_rate:
            self._open()

    def _open(self) -> None:
        self._opened = self._monotonic()
        self._enter(STATE_OPEN)

    def _enter(self, state: str) -> None:
        self._state = state
        self._generation += 1
        self._probes_in_flight = self._probes_succeeded = 0
        if state == STATE_CLOSED:
            self.window.clear()
        log.warning("circuit_state_changed", upstream=self._upstream, state=self.state)
        self._listener.on_circuit_state(self._upstream, self.state)
