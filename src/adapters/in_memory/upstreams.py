from datetime import datetime

from attrs import frozen

from adapters.in_memory.store import Store
from core.upstreams.entities import UpstreamOrder, UpstreamReport
from core.upstreams.errors import OrderOverlap
from core.upstreams.ports import UpstreamOrders, UpstreamReports


@frozen
class InMemoryUpstreamOrders(UpstreamOrders):
    store: Store

    def latest(self, upstream: str) -> UpstreamOrder | None:
        with self.store.lock:
            orders = [order for order in self.store.orders.values() if order.upstream == upstream]
        return max(orders, key=lambda order: order.revision, default=None)

    def give(self, order: UpstreamOrder) -> None:
        with self.store.lock:
            if (order.upstream, order.revision) in self.store.orders:
                raise OrderOverlap
            self.store.orders[order.upstream, order.revision] = order


@frozen
class InMemoryUpstreamReports(UpstreamReports):
    store: Store

    def keep(self, report: UpstreamReport, *, outdated: datetime) -> None:
        with self.store.lock:
            self.store.reports[report.upstream, report.process] = report
            for key, kept in list(self.store.reports.items()):
                if kept.reported_at < outdated:
                    del self.store.reports[key]

    def of(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        with self.store.lock:
            kept = [one for one in self.store.reports.values() if one.upstream == upstream and one.reported_at >= since]
        return tuple(sorted(kept, key=lambda report: report.process))
