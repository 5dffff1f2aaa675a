"""What operators see of upstream systems, and what they override."""

from datetime import datetime, timedelta

from attrs import frozen

from core.access import Actor, Permission
from core.ports import Atomic, Clock
from core.upstreams.entities import UpstreamOverride, UpstreamStatus
from core.upstreams.ports import UpstreamOverrides, UpstreamReports, Upstreams

REPORT_WINDOW = timedelta(minutes=10)


@frozen
class ListUpstreams:
    """Each upstream with the latest override and what each process has reported in the last ten minutes, this one just
    now. Raises `Forbidden`."""

    upstreams: Upstreams
    overrides: UpstreamOverrides
    reports: UpstreamReports
    clock: Clock

    def __call__(self, *, actor: Actor) -> tuple[UpstreamStatus, ...]:
        actor.require(Permission.MANAGE_UPSTREAMS)
        return tuple(self.status(name) for name in self.upstreams.names())

    def status(self, upstream: str) -> UpstreamStatus:
        self.upstreams.apply_override(upstream)
        since = self.clock.now() - REPORT_WINDOW
        return UpstreamStatus(upstream, self.overrides.latest(upstream), self.reports.list_for(upstream, since=since))


@frozen
class OverrideUpstream:
    """Isolates an upstream, so that nothing is sent to it until it is closed; or closes it, which ends an isolation and
    closes circuits that are open. Every process carries it out before its next call, or a second later at most; the
    retries of calls that are under way elsewhere are still made.

    To isolate what is isolated changes nothing. Raises `Forbidden`, `UpstreamNotFound`, `OverrideConflict`.
    """

    listing: ListUpstreams
    overrides: UpstreamOverrides
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, upstream: str, isolated: bool) -> UpstreamStatus:
        actor.require(Permission.MANAGE_UPSTREAMS)
        before = self.listing.status(upstream)
        if not (isolated and before.isolated):
            override = self._next(before, actor, self.clock.now(), isolated=isolated)
            self.atomic(lambda: self.overrides.add(override))
        return self.listing.status(upstream)

    def _next(self, before: UpstreamStatus, actor: Actor, at: datetime, *, isolated: bool) -> UpstreamOverride:
        revision = before.override.revision + 1 if before.override else 1
        return UpstreamOverride(before.upstream, revision, isolated, at, actor.name, actor.request_id)
