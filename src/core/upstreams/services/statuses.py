from datetime import timedelta

from attrs import frozen

from core.ports import Clock
from core.upstreams.entities import UpstreamStatus
from core.upstreams.ports import UpstreamOverrides, UpstreamReports, Upstreams

REPORT_WINDOW = timedelta(minutes=10)


@frozen
class UpstreamStatusReader:
    upstreams: Upstreams
    overrides: UpstreamOverrides
    reports: UpstreamReports
    clock: Clock

    def read_all(self) -> tuple[UpstreamStatus, ...]:
        return tuple(self.read(name) for name in self.upstreams.names())

    def read(self, upstream: str) -> UpstreamStatus:
        """Applies the latest override in this process first, so that the report of this process is current.

        Raises `UpstreamNotFound`.
        """
        self.upstreams.apply_override(upstream)
        return self.last_known(upstream)

    def last_known(self, upstream: str) -> UpstreamStatus:
        """As the processes reported it. Applies nothing in this process."""
        since = self.clock.now() - REPORT_WINDOW
        return UpstreamStatus(upstream, self.overrides.latest(upstream), self.reports.list_for(upstream, since=since))
