from datetime import datetime
from typing import Protocol

from core.upstreams.entities import UpstreamOverride, UpstreamReport


class UpstreamOverrides(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def latest(self, upstream: str) -> UpstreamOverride | None: ...

    def add(self, override: UpstreamOverride) -> None:
        """Raises `OverrideConflict` when its revision is taken."""
        ...


class UpstreamReports(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def save(self, report: UpstreamReport, *, outdated: datetime) -> None:
        """In place of the one before of the same process and upstream. Those made before `outdated` are removed.

        Waits for nobody: it is `Unavailable` while somebody else holds the store.
        """
        ...

    def list_for(self, upstream: str, *, since: datetime) -> tuple[UpstreamReport, ...]:
        """By process."""
        ...


class Upstreams(Protocol):
    """The upstreams that this process calls."""

    def names(self) -> tuple[str, ...]: ...

    def apply_override(self, upstream: str) -> None:
        """Carries out the latest override in this process, and keeps its report.

        Every process does so by itself before it calls, if it did not within the last half second. Raises
        `UpstreamNotFound`, and `Unavailable` when the overrides cannot be read.
        """
        ...
