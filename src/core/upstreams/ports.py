from datetime import datetime
from typing import Protocol

from core.upstreams.entities import UpstreamOverride, UpstreamReport


class UpstreamOverrides(Protocol):
    """Every method raises `Unavailable` when the store does not respond."""

    def latest(self, upstream: str) -> UpstreamOverride | None: ...

    def add(self, override: UpstreamOverride) -> None:
        """Raises `OverrideConflict` when its revision is taken."""
        ...


class UpstreamReports(Protocol):
    """Every method raises `Unavailable` when the store does not respond."""

    def save(self, report: UpstreamReport, *, outdated: datetime) -> None:
        """Replaces the previous report of the same process and upstream. Removes reports from before `outdated`.

        Does not wait for locks: raises `Unavailable` instead.
        """
        ...

    def list_for(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        """Sorted by process."""
        ...


class Upstreams(Protocol):
    """The upstream systems that this process calls."""

    def names(self) -> tuple[str, ...]: ...

    def apply_override(self, upstream: str) -> None:
        """Applies the latest override in this process and saves the report of this process.

        Every process also does this before a call, at most once per half second. Raises `UpstreamNotFound`, and
        `Unavailable` when the overrides cannot be read.
        """
        ...
