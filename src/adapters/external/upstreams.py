"""Upstreams as operators deal with them: their orders are carried out, and it is told how each process fares."""

import os
import socket
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from datetime import timedelta
from threading import Lock

from attrs import define, field, frozen

from adapters.external.bulk import Path
from adapters.external.client import UpstreamClient
from adapters.external.errors import OrdersUnknown
from core.errors import Unavailable
from core.patients.ports import Fetched
from core.patients.upstream import UpstreamAnswer
from core.ports import Clock
from core.upstreams.entities import CircuitState, UpstreamReport
from core.upstreams.errors import UpstreamNotFound
from core.upstreams.ports import UpstreamOrders, UpstreamReports, Upstreams

HEEDED_FOR = REPORTED_FOR = 0.5  # seconds
SILENT_FOR = 5.0  # seconds
KEPT_FOR = timedelta(hours=1)
DIGITS = 4  # of what a report says: seconds and rates for people to read


@frozen
class NoUpstreams(Upstreams):
    """Where none is configured."""

    def names(self) -> tuple[str, ...]:
        return ()

    def heed(self, upstream: str) -> None:
        raise UpstreamNotFound


@define
class _Told:
    """What one process knows of the orders, and what its row says of it. Times are of the monotonic clock."""

    heeding: Lock = field(factory=Lock)
    heeded_at: float = float("-inf")
    reporting: Lock = field(factory=Lock)
    reported: str = ""
    report_at: float = float("-inf")
    """When the next is due, unless the state changes before."""
    silent_until: float = float("-inf")
    """After a report that could not be kept."""


@frozen
class OperatedUpstream(Upstreams):
    client: UpstreamClient
    orders: UpstreamOrders
    reports: UpstreamReports
    clock: Clock
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    _processes: dict[int, _Told] = field(init=False, repr=False, factory=dict[int, _Told])

    def names(self) -> tuple[str, ...]:
        return (self.client.name,)

    def heed(self, upstream: str) -> None:
        if upstream != self.client.name:
            raise UpstreamNotFound
        told = self._told
        with told.heeding:
            self._obey(told)
        with told.reporting:
            self._keep_report(told)

    def get_object(self, *path: str, request_id: str) -> UpstreamAnswer | None:
        """As the client's, by the orders. Raises `OrdersUnknown` when these cannot be read.

        What has become of the circuit is reported after the call.
        """
        self._heed_if_due()
        try:
            return self.client.get_object(*path, request_id=request_id)
        finally:
            self._report_if_due()

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, Fetched]]:
        """As the client's, by the orders: one that is given meanwhile holds from the next answer on."""
        self._heed_if_due()
        with closing(self.client.get_objects(paths, request_id=request_id)) as answers:
            for found in answers:
                self._report_if_due()
                self._heed_if_due()
                yield found

    def _heed_if_due(self) -> None:
        """One thread looks while the others go on by the orders they know, as long as these are not a second old."""
        told = self._told
        age = self.monotonic() - told.heeded_at
        if age < HEEDED_FOR or not told.heeding.acquire(blocking=age >= 2 * HEEDED_FOR):
            return
        try:
            if self.monotonic() - told.heeded_at >= HEEDED_FOR:
                self._obey(told)
        except Unavailable:
            raise OrdersUnknown from None
        finally:
            told.heeding.release()

    def _obey(self, told: _Told) -> None:
        order = self.orders.latest(self.client.name)
        self.client.obey(order.revision if order else 0, isolated=order is not None and order.isolated)
        told.heeded_at = self.monotonic()

    def _report_if_due(self) -> None:
        """By one thread at a time, so that no report takes the place of a later one."""
        told = self._told
        if not told.reporting.acquire(blocking=False):
            return
        try:
            while self._is_report_due(told):
                self._keep_report(told)
        finally:
            told.reporting.release()

    def _is_report_due(self, told: _Told) -> bool:
        now = self.monotonic()
        return now >= told.silent_until and (now >= told.report_at or told.reported != self.client.circuit.state)

    def _keep_report(self, told: _Told) -> None:
        report = self._report()
        try:
            self.reports.keep(report, outdated=report.reported_at - KEPT_FOR)
        except Unavailable:  # no reason not to call
            told.silent_until = self.monotonic() + SILENT_FOR
        else:
            told.reported, told.report_at = report.state, self.monotonic() + REPORTED_FOR

    @property
    def _told(self) -> _Told:
        return self._processes.get(os.getpid()) or self._processes.setdefault(os.getpid(), _Told())

    def _report(self) -> UpstreamReport:
        client = self.client
        numbers = client.circuit.window.numbers()
        return UpstreamReport(
            upstream=client.name,
            process=f"{socket.gethostname()}:{os.getpid()}",
            reported_at=self.clock.now(),
            state=CircuitState(client.circuit.state),
            calls=numbers.calls,
            failure_rate=_rounded(numbers.failure_rate),
            slow_rate=_rounded(numbers.slow_rate),
            median_seconds=_rounded(numbers.quantile(0.5)),
            p95_seconds=_rounded(numbers.quantile(0.95)),
            under_way=client.under_way,
            retry_budget=round(client.budget.left, DIGITS),
            seconds_left=round(client.circuit.seconds_left, DIGITS),
        )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DIGITS)
