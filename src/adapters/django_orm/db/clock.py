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
    """PostgreSQL's clock, which all hosts share. The host's wall clock may show any time and may be reset.

    The database is asked every few seconds; in between, the host's monotonic clock continues what it answered. The
    instant at which the monotonic clock was 0 lies within bounds that sending and receiving set, and is moved no
    further than into them: a slow answer proves less and changes less.

    Never runs backwards. Without an answer it continues the last one; `Unavailable` is raised if there never was one.
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
        os.register_at_fork(after_in_child=self._renew_lock)  # a thread of the parent may have held it

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
        self._due = elapsed + self._seconds_between  # before asking, so that one thread asks
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
        connection.ensure_connection()  # connecting is no part of what is timed
        with connection.cursor() as cursor:
            sent = self._elapsed()
            cursor.execute("SELECT clock_timestamp()")
            (answer,) = cursor.fetchone()
            received = self._elapsed()
        at = answer.astimezone(UTC)
        return at - timedelta(seconds=received), at - timedelta(seconds=sent)

    def _renew_lock(self) -> None:
        self._lock = Lock()
