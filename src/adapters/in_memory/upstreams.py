from datetime import datetime

from attrs import frozen

from adapters.in_memory.store import Store
from core.upstreams.entities import UpstreamOverride, UpstreamReport
from core.upstreams.errors import OverrideConflict
from core.upstreams.ports import UpstreamOverrides, UpstreamReports


@frozen
class InMemoryUpstreamOverrides(UpstreamOverrides):
    store: Store

    def latest(self, upstream: str) -> UpstreamOverride | None:
        with self.store.lock:
            overrides = [
                override for override in self.store.upstream_overrides.values() if override.upstream == upstream
            ]
        return max(overrides, key=lambda override: override.revision, default=None)

    def add(self, override: UpstreamOverride) -> None:
        with self.store.lock:
            if (override.upstream, override.revision) in self.store.upstream_overrides:
                raise OverrideConflict
            self.store.upstream_overrides[override.upstream, override.revision] = override


@frozen
class InMemoryUpstreamReports(UpstreamReports):
    store: Store

    def save(self, report: UpstreamReport, *, outdated: datetime) -> None:
        with self.store.lock:
            self.store.upstream_reports[report.upstream, report.process] = report
            for key, kept in list(self.store.upstream_reports.items()):
                if kept.reported_at < outdated:
                    del self.store.upstream_reports[key]

    def list_for(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        with self.store.lock:
            kept = [
                one
                for one in self.store.upstream_reports.values()
                if one.upstream == upstream and one.reported_at >= since
            ]
        return tuple(sorted(kept, key=lambda report: report.process))
