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
    """The state of one upstream in one server process. Every process has its own circuit.

    `calls` is the number of attempts in the window of the circuit. Rates (0 to 1) and durations refer to these attempts
    and are None without any. `retry_budget` is the number of retries allowed now, `seconds_left` the time until an open
    circuit allows a trial call.
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

    @property
    def is_well(self) -> bool:
        """Most of its calls succeed."""
        return self.failure_rate is not None and self.failure_rate < 0.5


@frozen
class UpstreamOverride:
    """An admin's instruction to isolate an upstream or to close its circuits.

    The latest revision applies. Revisions of an upstream count from 1 without gaps and are its audit trail.
    """

    upstream: str
    revision: int
    isolated: bool
    at: datetime
    actor: str
    request_id: str


@frozen
class UpstreamStatus:
    """`override` is the latest override, or None."""

    upstream: str
    override: UpstreamOverride | None
    reports: tuple[UpstreamReport, ...]

    @property
    def isolated(self) -> bool:
        return self.override is not None and self.override.isolated

    @property
    def state(self) -> CircuitState:
        """For the whole registry: that of the process which last learned something from a call.

        A closed circuit tells nothing while it has made no call, or while half of its calls fail.
        """
        if self.isolated:
            return CircuitState.ISOLATED
        telling = (one for one in self.reports if one.state is not CircuitState.CLOSED or one.is_well)
        latest = max(telling, key=lambda one: one.reported_at, default=None)
        return latest.state if latest else CircuitState.CLOSED
