"""The circuit breaker behaves like a simple model in any interleaving of attempts, results, cancellations, clock steps
and overrides."""

from asyncio import CancelledError

import pytest
from attrs import define, field, frozen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from adapters.external.errors import CircuitIsolated, CircuitOpen
from adapters.external.resilience.circuit_breaker import UpstreamCircuitBreaker
from adapters.external.resilience.policy import UpstreamPolicy
from core.errors import NotFound, Unavailable

POLICY = UpstreamPolicy(
    failure_rate=0.5, min_calls=3, window=20, window_calls=6, slow_call=2, recovery=10, probes=2, timeout=60
)


class Down(Exception):
    pass


@define
class Model:
    """The simplest implementation: it keeps every attempt and counts from scratch each time."""

    state: str = "closed"
    epoch: int = 0
    opened_at: float = 0.0
    ended: list[tuple[float, bool]] = field(factory=list[tuple[float, bool]])
    probing: set[int] = field(factory=set[int])
    proven: int = 0

    def enter(self, state: str) -> None:
        self.state, self.epoch = state, self.epoch + 1
        self.probing, self.proven = set(), 0
        if state == "closed":
            self.ended = []

    def admits(self, now: float) -> bool:
        if self.state == "open" and now >= self.opened_at + POLICY.recovery:
            self.enter("half_open")
        return self.state == "closed" or (self.state == "half_open" and len(self.probing) < POLICY.probes)

    def ends(self, now: float, number: int, *, bad: bool | None) -> None:
        """`bad` is None for a neutral result."""
        self.probing.discard(number)
        if bad is None:
            return
        self.ended.append((now, bad))
        if self.state == "half_open":
            self.proven += not bad
        latest = [bad for at, bad in self.ended[-POLICY.window_calls :] if at > now - POLICY.window]
        tripped = len(latest) >= POLICY.min_calls and sum(latest) >= POLICY.failure_rate * len(latest)
        if bad and (self.state == "half_open" or tripped):
            self.opened_at = now
            self.enter("open")
        elif self.proven == POLICY.probes:
            self.enter("closed")


@frozen
class Attempt:
    number: int
    epoch: int
    permit: int


class CircuitAgainstModel(RuleBasedStateMachine):
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.model = Model()
        self.isolated = False
        self.circuit = UpstreamCircuitBreaker("ehr", POLICY, failure=Down, monotonic=lambda: self.now)
        self.begun = 0

    @rule(target=attempts)
    def begins(self) -> MultipleResults[Attempt] | Attempt:
        if self.isolated:
            with pytest.raises(CircuitIsolated):
                self.circuit.admit()
            return multiple()
        if not self.model.admits(self.now):
            with pytest.raises(CircuitOpen):
                self.circuit.admit()
            return multiple()
        self.begun += 1
        if self.model.state == "half_open":
            self.model.probing.add(self.begun)
        return Attempt(self.begun, self.model.epoch, self.circuit.admit())

    @rule(
        attempt=consumes(attempts),
        seconds=st.sampled_from([0.0, 1.9, 2.1, 30.0]),
        error=st.sampled_from([None, Down(), NotFound(), Unavailable(), CancelledError(), KeyboardInterrupt()]),
    )
    def ends(self, attempt: Attempt, seconds: float, error: BaseException | None) -> None:
        self.circuit.record(attempt.permit, seconds, error)
        if attempt.epoch == self.model.epoch and not self.isolated:
            neutral = error is not None and not isinstance(error, Down)
            bad = None if neutral else isinstance(error, Down) or seconds > POLICY.slow_call
            self.model.ends(self.now, attempt.number, bad=bad)

    @rule(seconds=st.sampled_from([0.5, 5.0, 9.9, 10.0, 20.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def upstream_goes_down(self) -> None:
        for _ in range(POLICY.min_calls):
            if isinstance(attempt := self.begins(), Attempt):
                self.ends(attempt, 0.0, Down())

    @rule()
    def recovery_passes(self) -> None:
        self.now += POLICY.recovery

    @precondition(lambda self: self.begun % 7 == 6)  # rarely, so that other rules run too
    @rule()
    def is_isolated(self) -> None:
        self.circuit.isolate()
        self.isolated = True
        self.model.enter(self.model.state)

    @precondition(lambda self: self.isolated or self.begun % 7 == 5)
    @rule()
    def is_closed_manually(self) -> None:
        self.circuit.close()
        self.isolated = False
        self.model.enter("closed")

    @invariant()
    def shows_the_models_state(self) -> None:
        recovered = self.now >= self.model.opened_at + POLICY.recovery
        state = "half_open" if self.model.state == "open" and recovered else self.model.state
        assert self.circuit.state == ("isolated" if self.isolated else state)

    @invariant()
    def is_open_for_at_least_the_recovery(self) -> None:
        if self.model.state == "open" and not self.isolated and self.now < self.model.opened_at + POLICY.recovery:
            with pytest.raises(CircuitOpen) as refused:
                self.circuit.admit()
            assert refused.value.retry_after is not None
            assert refused.value.retry_after.total_seconds() == pytest.approx(
                self.model.opened_at + POLICY.recovery - self.now, abs=1e-5
            )

    def teardown(self) -> None:
        """No permit is lost: after the recovery time, all probes are admitted."""
        self.circuit.close()
        for _ in range(POLICY.min_calls):
            self.circuit.record(self.circuit.admit(), 0.0, Down())
        self.now += POLICY.recovery
        for _ in range(POLICY.probes):
            self.circuit.admit()
        with pytest.raises(CircuitOpen):
            self.circuit.admit()


TestCircuitAgainstModel = CircuitAgainstModel.TestCase
TestCircuitAgainstModel.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
