from datetime import datetime
from enum import StrEnum

from attrs import frozen


class CircuitState(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"
    ISOLATED = "isolated"


@frozen
class UpstreamReport:
    """What one process of the server has to say of an upstream; each has a circuit of its own.

    `calls` are the attempts in the circuit's window, which the rates (0 to 1) and times are about; those are None
    without any. `retry_budget` is how many retries may be made now, `seconds_left` the time until an open circuit is
    tried again.
    """

    upstream: str
    process: str
    reported_at: datetime
    state: CircuitState
    calls: int
    failure_rate: float | None
    slow_rate: float | None
    median_seconds: float | None
    p95_seconds: float | None
    under_way: int
    retry_budget: float
    seconds_left: float


@frozen
class UpstreamOverride:
    """What an operator ordered: to leave the upstream alone, or to take it up again whatever its circuits say.

    The latest holds. Revisions of an upstream count up from 1 without a gap, so all of them are its audit trail.
    """

    upstream: str
    revision: int
    isolated: bool
    at: datetime
    actor: str
    request_id: str


@frozen
class UpstreamStatus:
    """`override` is the latest, None when there never was one."""

    upstream: str
    override: UpstreamOverride | None
    reports: tuple[UpstreamReport, ...]

    @property
    def isolated(self) -> bool:
        return self.override is not None and self.override.isolated
