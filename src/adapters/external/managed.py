"""Upstreams that operators can isolate and close: their overrides are applied before each call."""

import os
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from threading import Lock

from attrs import Factory, define, field, frozen

from adapters.external.bulk import Path
from adapters.external.client import BulkResult, UpstreamClient, UpstreamResponse
from adapters.external.errors import OverridesUnavailable
from adapters.external.reporting import CircuitReporter
from core.errors import Unavailable
from core.ports import Clock
from core.upstreams.errors import UpstreamNotFound
from core.upstreams.ports import UpstreamOverrides, UpstreamReports, Upstreams

OVERRIDES_MAX_AGE = 0.5  # seconds


@frozen
class NoUpstreams(Upstreams):
    """For a registry without an upstream."""

    def names(self) -> tuple[str, ...]:
        return ()

    def apply_override(self, upstream: str) -> None:
        raise UpstreamNotFound


@define
class _OverrideCheck:
    """Per process. `checked_at` is an instant of the monotonic clock."""

    lock: Lock = field(factory=Lock)
    checked_at: float = float("-inf")


@frozen
class ManagedUpstream(Upstreams):
    client: UpstreamClient
    overrides: UpstreamOverrides
    reports: UpstreamReports
    clock: Clock
    monotonic: Callable[[], float] = field(default=time.monotonic, kw_only=True)
    _reporter: CircuitReporter = field(
        init=False,
        repr=False,
        default=Factory(lambda it: CircuitReporter(it.client, it.reports, it.clock, it.monotonic), takes_self=True),
    )
    _checks: dict[int, _OverrideCheck] = field(init=False, repr=False, factory=dict[int, _OverrideCheck])

    def names(self) -> tuple[str, ...]:
        return (self.client.name,)

    def apply_override(self, upstream: str) -> None:
        if upstream != self.client.name:
            raise UpstreamNotFound
        check = self._check
        with check.lock:
            self._apply_override(check)
        self._reporter.report()

    def get_object(self, *path: str, request_id: str) -> UpstreamResponse | None:
        """As `UpstreamClient.get_object`. Also raises `OverridesUnavailable`."""
        self._check_overrides_if_due()
        try:
            return self.client.get_object(*path, request_id=request_id)
        finally:
            self._reporter.report_if_due()

    def get_objects(self, paths: Iterable[Path], *, request_id: str) -> Generator[tuple[Path, BulkResult]]:
        """As `UpstreamClient.get_objects`. An override takes effect after the next result."""
        self._check_overrides_if_due()
        with closing(self.client.get_objects(paths, request_id=request_id)) as results:
            for result in results:
                self._reporter.report_if_due()
                self._check_overrides_if_due()
                yield result

    def _check_overrides_if_due(self) -> None:
        """One thread reads the store. The others use the last known override, unless it is twice the maximum age."""
        check = self._check
        age = self.monotonic() - check.checked_at
        if age < OVERRIDES_MAX_AGE or not check.lock.acquire(blocking=age >= 2 * OVERRIDES_MAX_AGE):
            return
        try:
            if self.monotonic() - check.checked_at >= OVERRIDES_MAX_AGE:
                self._apply_override(check)
        except Unavailable:
            raise OverridesUnavailable from None
        finally:
            check.lock.release()

    def _apply_override(self, check: _OverrideCheck) -> None:
        latest = self.overrides.latest(self.client.name)
        self.client.apply_override(latest.revision if latest else 0, isolated=latest is not None and latest.isolated)
        check.checked_at = self.monotonic()

    @property
    def _check(self) -> _OverrideCheck:
        return self._checks.get(os.getpid()) or self._checks.setdefault(os.getpid(), _OverrideCheck())
