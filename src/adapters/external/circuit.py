import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import TypeVar

import structlog
from circuitbreaker import CircuitBreaker

from adapters.external.errors import CircuitOpen
from adapters.external.listener import State, Unheard, UpstreamListener

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

T = TypeVar("T")
_EVENTS: dict[State, str] = {"closed": "circuit_closed", "open": "circuit_opened", "half_open": "circuit_half_opened"}
_PROBE = timedelta(seconds=1)


class Circuit:
    """Leaves an upstream alone once it has failed `threshold` times in a row, for `recovery` seconds; then lets one
    call at a time through, until one succeeds or fails.

    Errors of the type `failure` count. Any other error is neutral: it neither counts nor resets nor closes. So is all
    that comes of a call admitted before the circuit last changed its state.

    `CircuitBreaker` counts. The rest is done here because its own `call` admits calls whatever the state, and takes
    every error that does not count for a success.
    """

    def __init__(
        self,
        upstream: str,
        *,
        threshold: int,
        recovery: float,
        failure: type[Exception],
        monotonic: Callable[[], float] = time.monotonic,
        listener: UpstreamListener | None = None,
    ) -> None:
        self._upstream = upstream
        self._failure = failure
        self._failures = CircuitBreaker(threshold, expected_exception=failure, name=upstream)
        self._recovery = recovery
        self._monotonic = monotonic
        self._listener = listener or Unheard()
        self._lock = Lock()
        self._state: State = "closed"
        self._generation = 0
        self._tried_from = 0.0
        self._probing = False
        self._listener.circuit_entered(upstream, self._state)

    @property
    def state(self) -> State:
        return "half_open" if self._state == "open" and not self.seconds_left else self._state

    @property
    def seconds_left(self) -> float:
        """Until a call may be tried; 0 when the circuit is not open."""
        return max(0.0, self._tried_from - self._monotonic()) if self._state == "open" else 0.0

    def call(self, work: Callable[[], T]) -> T:
        """Raises `CircuitOpen` without calling `work`, and what `work` raises."""
        generation = self._admit()
        try:
            result = work()
        except BaseException as error:
            self._settle(generation, error)
            raise
        self._settle(generation, None)
        return result

    def _admit(self) -> int:
        with self._lock:
            if seconds := self.seconds_left:
                raise CircuitOpen(retry_after=timedelta(seconds=seconds))
            if self._state == "open":
                self._enter("half_open")
            if self._state == "half_open":
                if self._probing:
                    raise CircuitOpen(retry_after=_PROBE)
                self._probing = True
            return self._generation

    def _settle(self, generation: int, error: BaseException | None) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._probing = False
            if error is None:
                self._failures.reset()
                if self._state != "closed":
                    self._enter("closed")
            elif isinstance(error, self._failure):
                self._failures.__exit__(type(error), None, None)  # without the error, whose frames hold the answer
                if not self._failures.closed:
                    self._tried_from = self._monotonic() + self._recovery
                    self._enter("open")

    def _enter(self, state: State) -> None:
        self._state = state
        self._generation += 1
        log.warning(_EVENTS[state], upstream=self._upstream, state=state)
        self._listener.circuit_entered(self._upstream, state)
