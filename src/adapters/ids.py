from datetime import UTC, datetime
from uuid import UUID

import uuid_utils
from attrs import frozen

from core.ports import IdGenerator


@frozen
class TimeOrderedIdGenerator(IdGenerator):
    """The 12 bits after the milliseconds hold the microseconds, so that ids of one millisecond sort as well."""

    def new(self, at: datetime) -> UUID:
        since_epoch = at - datetime(1970, 1, 1, tzinfo=UTC)
        microseconds = (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000_000 + since_epoch.microseconds
        drawn = uuid_utils.uuid7(nanoseconds=microseconds * 1000).int
        return UUID(int=drawn & ~(0xFFF << 64) | (microseconds % 1000 * 4) << 64)
