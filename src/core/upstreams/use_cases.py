"""What operators see of upstream systems, and what they order."""

from datetime import datetime, timedelta

from attrs import frozen

from core.access import Actor, Permission
from core.ports import Atomic, Clock
from core.upstreams.entities import UpstreamOrder, UpstreamStatus
from core.upstreams.ports import UpstreamOrders, UpstreamReports, Upstreams

SHOWN_FOR = timedelta(minutes=10)


@frozen
class ListUpstreams:
    """Each upstream with the latest order and what each process has reported in the last ten minutes, this one just
    now. Raises `Forbidden`."""

    upstreams: Upstreams
    orders: UpstreamOrders
    reports: UpstreamReports
    clock: Clock

    def __call__(self, *, actor: Actor) -> tuple[UpstreamStatus, ...]:
        actor.require(Permission.MANAGE_UPSTREAMS)
        return tuple(self.status(name) for name in self.upstreams.names())

    def status(self, upstream: str) -> UpstreamStatus:
        self.upstreams.heed(upstream)
        since = self.clock.now() - SHOWN_FOR
        return UpstreamStatus(upstream, self.orders.latest(upstream), self.reports.of(upstream, since=since))


@frozen
class OrderUpstream:
    """Isolates an upstream, so that nothing is sent to it until it is closed; or closes it, which ends an isolation and
    closes circuits that are open. Every process carries it out before its next call, or a second later at most; the
    retries of calls that are under way elsewhere are still made.

    To isolate what is isolated changes nothing. Raises `Forbidden`, `UpstreamNotFound`, `OrderOverlap`.
    """

    listing: ListUpstreams
    orders: UpstreamOrders
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, upstream: str, isolated: bool) -> UpstreamStatus:
        actor.require(Permission.MANAGE_UPSTREAMS)
        before = self.listing.status(upstream)
        if not (isolated and before.isolated):
            order = self._next(before, actor, self.clock.now(), isolated=isolated)
            self.atomic(lambda: self.orders.give(order))
        return self.listing.status(upstream)

    def _next(self, before: UpstreamStatus, actor: Actor, at: datetime, *, isolated: bool) -> UpstreamOrder:
        revision = before.order.revision + 1 if before.order else 1
        return UpstreamOrder(before.upstream, revision, isolated, at, actor.name, actor.request_id)
