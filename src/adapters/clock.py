"""The clock and the ids of the machine."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from attrs import frozen

from core.ports import Clock


@frozen
class SystemClock(Clock):
    time_zone: ZoneInfo

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(self.time_zone).date()
