"""The clock and the ids of the machine."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import uuid_utils
from attrs import frozen

from core.ports import Clock, Ids


@frozen
class SystemClock(Clock):
    time_zone: ZoneInfo

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone(self.time_zone).date()


@frozen
class TimeOrderedIds(Ids):
    """The 12 bits after the milliseconds hold the microseconds, so that ids of one millisecond sort as well."""

    def new(self, at: datetime) -> UUID:
        since_epoch = at - datetime(1970, 1, 1, tzinfo=UTC)
        microseconds = (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000_000 + since_epoch.microseconds
        drawn = uuid_utils.uuid7(nanoseconds=microseconds * 1000).int
        return UUID(int=drawn & ~(0xFFF << 64) | (microseconds % 1000 * 4) << 64)
