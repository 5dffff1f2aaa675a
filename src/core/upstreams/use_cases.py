"""How admins view and control upstream systems."""

from datetime import datetime

from attrs import frozen

from core.access import Actor, Permission
from core.ports import Atomic, Clock
from core.upstreams.entities import CircuitState, UpstreamOverride, UpstreamStatus
from core.upstreams.ports import UpstreamOverrides, Upstreams
from core.upstreams.services.statuses import UpstreamStatusReader


@frozen
class ListUpstreams:
    """Each upstream with its latest override and the reports of all processes from the last ten minutes.

    Raises `Forbidden`.
    """

    statuses: UpstreamStatusReader

    def __call__(self, *, actor: Actor) -> tuple[UpstreamStatus, ...]:
        actor.require(Permission.MANAGE_UPSTREAMS)
        return self.statuses.read_all()


@frozen
class ViewUpstreamState:
    """Whether upstream answers, by the reports of all processes. None if no upstream is configured.

    Of several upstreams it is the first that does not work. Raises `Forbidden`.
    """

    upstreams: Upstreams
    statuses: UpstreamStatusReader

    def __call__(self, *, actor: Actor) -> CircuitState | None:
        actor.require(Permission.VIEW_PATIENTS)
        states = [self.statuses.last_known(name).state for name in self.upstreams.names()]
        return next((state for state in states if state is not CircuitState.CLOSED), states[0] if states else None)


@frozen
class OverrideUpstream:
    """Isolates an upstream: no calls are sent to it until it is closed again. Closing also closes open circuits.

    Every process applies the override before its next call, at most one second later. Retries of calls that are in
    progress in other processes are still sent. Isolating an isolated upstream changes nothing.
    Raises `Forbidden`, `UpstreamNotFound`, `OverrideConflict`.
    """

    statuses: UpstreamStatusReader
    overrides: UpstreamOverrides
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, upstream: str, isolated: bool) -> UpstreamStatus:
        actor.require(Permission.MANAGE_UPSTREAMS)
        before = self.statuses.read(upstream)
        if not (isolated and before.isolated):
            override = _next_override(before, actor, self.clock.now(), isolated=isolated)
            self.atomic(lambda: self.overrides.add(override))
        return self.statuses.read(upstream)


def _next_override(before: UpstreamStatus, actor: Actor, at: datetime, *, isolated: bool) -> UpstreamOverride:
    revision = before.override.revision + 1 if before.override else 1
    return UpstreamOverride(before.upstream, revision, isolated, at, actor.name, actor.request_id)
