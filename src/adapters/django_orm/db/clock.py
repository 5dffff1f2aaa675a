import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from time import monotonic
from zoneinfo import ZoneInfo

from django.db import connections

from adapters.django_orm.db.errors import core_errors
from core.errors import Unavailable
from core.ports import Clock, TransactionAborted

SECONDS_BETWEEN_MEASUREMENTS = 10.0


class DatabaseClock(Clock):
    """PostgreSQL's clock, which all hosts share. The wall clock of a host may be wrong or reset.

    Queries the database every few seconds and continues with the host's monotonic clock in between. Each query gives
    bounds for the instant at which the monotonic clock was 0: the times of sending and receiving. The estimate moves
    only as far as needed to lie within them, so that a slow query changes little.

    Never runs backwards. When the database does not answer, it continues from the last answer, and raises
    `Unavailable` if there is none.
    """

    def __init__(
        self,
        time_zone: ZoneInfo,
        database: str = "default",
        *,
        elapsed: Callable[[], float] = monotonic,
        seconds_between: float = SECONDS_BETWEEN_MEASUREMENTS,
    ) -> None:
        self._time_zone = time_zone
        self._database = database
        self._elapsed = elapsed
        self._seconds_between = seconds_between
        self._zero: datetime | None = None
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._due = 0.0
        self._renew_lock()
        os.register_at_fork(after_in_child=self._renew_lock)  # a thread of the parent may hold it

    def now(self) -> datetime:
        zero = self._current_zero()
        with self._lock:
            self._latest = max(self._latest, zero + timedelta(seconds=self._elapsed()))
            return self._latest

    def today(self) -> date:
        return self.now().astimezone(self._time_zone).date()

    def _current_zero(self) -> datetime:
        elapsed = self._elapsed()
        if self._zero is not None and elapsed < self._due:
            return self._zero
        self._due = elapsed + self._seconds_between  # before the query, so that only one thread runs it
        try:
            earliest, latest = self._bounds()
        except (Unavailable, TransactionAborted):
            if self._zero is None:
                raise
            return self._zero
        previous = self._zero or earliest + (latest - earliest) / 2
        self._zero = min(max(previous, earliest), latest)
        return self._zero

    @core_errors()
    def _bounds(self) -> tuple[datetime, datetime]:
        """The earliest and the latest instant at which the monotonic clock can have been 0."""
        connection = connections[self._database]
        connection.ensure_connection()  # so that connecting is not timed
        with connection.cursor() as cursor:
            sent = self._elapsed()
            cursor.execute("SELECT clock_timestamp()")
            (answer,) = cursor.fetchone()
            received = self._elapsed()
        at = answer.astimezone(UTC)
        return at - timedelta(seconds=received), at - timedelta(seconds=sent)

    def _renew_lock(self) -> None:
        self._lock = Lock()
