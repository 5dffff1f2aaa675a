"""Upstreams as operators deal with them: their orders are carried out, and it is told how each process fares."""

import os
import socket
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from datetime import timedelta

from attrs import field, frozen

from adapters.external.bulk import Path
from adapters.external.client import UpstreamClient
from core.errors import Unavailable
from core.patients.ports import Fetched
from core.patients.upstream import UpstreamAnswer
from core.ports import Clock
from core.upstreams.entities import CircuitState, UpstreamReport
from core.upstreams.errors import UpstreamNotFound
from core.upstreams.ports import UpstreamOrders, UpstreamReports, Upstreams

HEEDED_FOR = 0.5  # seconds
KEPT_FOR = timedelta(hours=1)


@frozen
class NoUpstreams(Upstreams):
    """Where none is configured."""

    def names(self) -> tuple[str, ...]:
        return ()

    def heed(self, upstream: str) -> None:
        raise UpstreamNotFound


@frozen
class OperatedUpstream(Upstreams):
    client: UpstreamClient
    orders: UpstreamOrders
    reports: UpstreamReports
    clock: Clock
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    _told: dict[int, tuple[float, str]] = field(init=False, repr=False, factory=dict[int, tuple[float, str]])
    """By each process: when, and which state."""

    def names(self) -> tuple[str, ...]:
        return (self.client.name,)

    def heed(self, upstream: str) -> None:
        if upstream != self.client.name:
            raise UpstreamNotFound
        order = self.orders.latest(upstream)
        self.client.obey(order.revision if order else 0, isolated=order is not None and order.isolated)
        report = self._report()
        self._told[os.getpid()] = (self.monotonic(), report.state)
        with suppress(Unavailable):  # a report that cannot be kept is no reason not to call
            self.reports.keep(report, outdated=report.reported_at - KEPT_FOR)

    def get_object(self, *path: str, request_id: str) -> UpstreamAnswer | None:
        """As the client's, by the orders. A change of the circuit's state is told at once."""
        self._heed_if_due()
        try:
            return self.client.get_object(*path, request_id=request_id)
        finally:
            _, state = self._told[os.getpid()]
            if state != self.client.circuit.state:
                with suppress(Unavailable):
                    self.heed(self.client.name)

    def _heed_if_due(self) -> None:
        at, _ = self._told.get(os.getpid(), (float("-inf"), ""))
        if self.monotonic() - at >= HEEDED_FOR:
            self.heed(self.client.name)

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, Fetched]]:
        """As the client's, by the orders: one that is given meanwhile holds from the next answer on."""
        self._heed_if_due()
        with closing(self.client.get_objects(paths, request_id=request_id)) as answers:
            for found in answers:
                self._heed_if_due()
                yield found

    def _report(self) -> UpstreamReport:
        client = self.client
        numbers = client.circuit.window.numbers()
        return UpstreamReport(
            upstream=client.name,
            process=f"{socket.gethostname()}:{os.getpid()}",
            reported_at=self.clock.now(),
            state=CircuitState(client.circuit.state),
            calls=numbers.calls,
            failure_rate=numbers.failure_rate,
            slow_rate=numbers.slow_rate,
            median_seconds=numbers.quantile(0.5),
            p95_seconds=numbers.quantile(0.95),
            under_way=client.under_way,
            retry_budget=client.budget.left,
            seconds_left=client.circuit.seconds_left,
        )
