import os
import socket
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from attrs import define, field, frozen

from adapters.external.client import UpstreamClient
from core.errors import Unavailable
from core.ports import Clock
from core.upstreams.entities import CircuitState, UpstreamReport
from core.upstreams.ports import UpstreamReports

REPORT_INTERVAL = 0.5  # seconds
PAUSE_AFTER_FAILURE = 5.0
RETENTION = timedelta(hours=1)
DIGITS = 4  # after the decimal point


@define
class ReportState:
    """Per process: the circuit state last saved, and two instants of the monotonic clock. A change is due at once."""

    lock: Lock = field(factory=Lock)
    saved: str = ""
    due_at: float = float("-inf")
    paused_until: float = float("-inf")


@frozen
class CircuitReporter:
    """Saves how this process sees the upstream, for operators. A report that cannot be saved never fails a call."""

    client: UpstreamClient
    reports: UpstreamReports
    clock: Clock
    monotonic: Callable[[], float]
    _states: dict[int, ReportState] = field(init=False, repr=False, factory=dict[int, ReportState])

    def report(self) -> None:
        state = self._state
        with state.lock:
            self._save(state)

    def report_if_due(self) -> None:
        """One thread at a time, so that no report replaces a later one; the others do not wait."""
        state = self._state
        if not state.lock.acquire(blocking=False):
            return
        try:
            while self._is_due(state):
                self._save(state)
        finally:
            state.lock.release()

    def _is_due(self, state: ReportState) -> bool:
        now = self.monotonic()
        return now >= state.paused_until and (now >= state.due_at or state.saved != self.client.circuit_breaker.state)

    def _save(self, state: ReportState) -> None:
        report = self._build()
        try:
            self.reports.save(report, outdated=report.reported_at - RETENTION)
        except Unavailable:
            state.paused_until = self.monotonic() + PAUSE_AFTER_FAILURE
        else:
            state.saved, state.due_at = report.state, self.monotonic() + REPORT_INTERVAL

    def _build(self) -> UpstreamReport:
        circuit_breaker = self.client.circuit_breaker
        window = circuit_breaker.window.snapshot()
        return UpstreamReport(
            upstream=self.client.name,
            process=f"{socket.gethostname()}:{os.getpid()}",
            reported_at=self.clock.now(),
            state=CircuitState(circuit_breaker.state),
            calls=window.calls,
            failure_rate=_rounded(window.failure_rate),
            slow_rate=_rounded(window.slow_rate),
            median_seconds=_rounded(window.quantile(0.5)),
            p95_seconds=_rounded(window.quantile(0.95)),
            under_way=self.client.in_flight,
            retry_budget=round(self.client.retry_budget.available, DIGITS),
            seconds_left=round(circuit_breaker.remaining, DIGITS),
        )

    @property
    def _state(self) -> ReportState:
        return self._states.get(os.getpid()) or self._states.setdefault(os.getpid(), ReportState())


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DIGITS)
