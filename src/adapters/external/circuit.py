import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar, cast

import structlog
from circuitbreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker

from adapters.external.errors import CircuitOpen, Isolated
from adapters.external.listener import State, Unheard, UpstreamListener
from adapters.external.policy import UpstreamPolicy
from adapters.external.window import Window

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

T = TypeVar("T")
_PROBE = timedelta(seconds=1)


class Circuit(CircuitBreaker):
    """Leaves an upstream alone once too large a share of its latest attempts failed or were slow. After the recovery a
    few probes are let through: it closes when enough of them succeed, and opens again when one fails.

    Errors of the type `failure` count. Any other error is neutral: an attempt that ends with it, or is cancelled, only
    gives its permit back. So does one that was admitted before the circuit last changed its state.

    `CircuitBreaker` knows the states and which error is a failure. It counts failures in a row only, and its own
    `call_async` admits calls whatever the state and takes every error that does not count for a success: hence this.
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
        self.window = Window(policy.window, policy.window_calls, monotonic)
        self._upstream = upstream
        self._policy = policy
        self._monotonic = monotonic
        self._listener = listener or Unheard()
        self._generation = 0
        self._probing = 0
        self._proven = 0
        self._isolated = False
        self._obeyed: int | None = None
        self._listener.circuit_entered(upstream, "closed")

    @property
    def state(self) -> State:
        return "isolated" if self._isolated else cast("State", super().state)

    @property
    def open_remaining(self) -> float:  # pyright: ignore[reportIncompatibleMethodOverride] (theirs is rounded up)
        return self._opened + self._recovery_timeout - self._monotonic()

    @property
    def seconds_left(self) -> float:
        """Until a call may be tried; 0 when the circuit is not open."""
        return max(0.0, self.open_remaining) if self.opened else 0.0

    async def call_async(self, work: Callable[[], Awaitable[T]]) -> T:
        """Raises `CircuitOpen` or `Isolated` without calling `work`, and what `work` raises."""
        generation = self.admit()
        started = self._monotonic()
        try:
            result = await work()
        except BaseException as error:
            self.settle(generation, self._monotonic() - started, error)
            raise
        self.settle(generation, self._monotonic() - started, None)
        return result

    def admit(self) -> int:
        """What `settle` has to be told when the attempt has ended, however it ends."""
        if self._isolated:
            raise Isolated
        if self.opened:
            raise CircuitOpen(retry_after=timedelta(seconds=self.seconds_left))
        if self._state == STATE_OPEN:
            self._enter(STATE_HALF_OPEN)
        if self._state == STATE_HALF_OPEN:
            if self._probing >= self._policy.probes:
                raise CircuitOpen(retry_after=_PROBE)
            self._probing += 1
        return self._generation

    def settle(self, generation: int, seconds: float, error: BaseException | None) -> None:
        if generation != self._generation:
            return
        if self._state == STATE_HALF_OPEN:
            self._probing -= 1
        failed = error is not None and bool(self.is_failure(type(error), error))
        if error is not None and not failed:
            return
        slow = not failed and seconds > self._policy.slow_call
        self.window.add(seconds, failed=failed, slow=slow)
        if self._state == STATE_HALF_OPEN:
            self._judge_probe(bad=failed or slow)
        elif failed or slow:
            self._open_if_too_bad()

    def obey(self, revision: int, *, isolated: bool) -> None:
        """Each order once, and none that is older than the last. What was ordered before this circuit was there is
        done already, unless it is to be isolated."""
        before = self._obeyed
        if before is not None and revision <= before:
            return
        self._obeyed = revision
        if isolated:
            self.isolate()
        elif before is not None:
            self.close()

    def isolate(self) -> None:
        """Lets nothing through until `close`."""
        self._isolated = True
        self._enter(self._state)

    def close(self) -> None:
        """By hand. All that was seen before is forgotten."""
        self._isolated = False
        self._enter(STATE_CLOSED)

    def _judge_probe(self, *, bad: bool) -> None:
        if bad:
            self._open()
            return
        self._proven += 1
        if self._proven >= self._policy.probes:
            self._enter(STATE_CLOSED)

    def _open_if_too_bad(self) -> None:
        seen = self.window.numbers()
        if seen.calls >= self._policy.min_calls and (seen.bad_rate or 0.0) >= self._policy.failure_rate:
            self._open()

    def _open(self) -> None:
        self._opened = self._monotonic()
        self._enter(STATE_OPEN)

    def _enter(self, state: str) -> None:
        self._state = state
        self._generation += 1
        self._probing = self._proven = 0
        if state == STATE_CLOSED:
            self.window.clear()
        log.warning("circuit_entered", upstream=self._upstream, state=self.state)
        self._listener.circuit_entered(self._upstream, self.state)
