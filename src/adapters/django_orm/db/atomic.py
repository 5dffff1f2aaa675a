import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from attrs import frozen
from django.db import InterfaceError, NotSupportedError, OperationalError, connections, transaction
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from adapters.django_orm.db.errors import core_errors
from core.errors import Unavailable
from core.ports import Atomic, TransactionAborted, TransactionRequired

T = TypeVar("T")

_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"
_CONNECTION_GONE = ("08", "57P")  # classes of SQLSTATE
_ATTEMPTS = 5
_MAX_WAIT = 10.0
_sqlite_writer = Lock()  # SQLite's waiting writers sleep and try again, so that one of many threads may never write


@frozen
class DjangoAtomic(Atomic):
    """Retries serialization failures, deadlocks and broken connections, but never after COMMIT was sent."""

    database: str = "default"

    def __call__(self, work: Callable[[], T]) -> T:
        if connections[self.database].in_atomic_block:
            return self._join(work)
        retrying = Retrying(
            retry=retry_if_exception(_worth_retrying),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.02, max=0.5),
            reraise=True,
        )
        return retrying(lambda: self._begin(work))

    def _join(self, work: Callable[[], T]) -> T:
        with transaction.atomic(using=self.database, savepoint=False):
            return work()

    @contextmanager
    def _turn(self) -> Generator[None]:
        if connections[self.database].vendor != "sqlite":
            yield
            return
        if not _sqlite_writer.acquire(timeout=_MAX_WAIT):
            raise Unavailable
        try:
            yield
        finally:
            _sqlite_writer.release()

    @core_errors()
    def _begin(self, work: Callable[[], T]) -> T:
        committing = False
        try:
            with self._turn(), transaction.atomic(using=self.database):
                result = work()
                if connections[self.database].needs_rollback:
                    raise TransactionAborted
                committing = True
        except (OperationalError, InterfaceError):
            if not committing:
                raise
            raise Unavailable("It is unknown whether the change was stored. Check before repeating it.") from None
        return result


def require_atomic(database: str) -> None:
    if not connections[database].in_atomic_block:
        raise TransactionRequired


def _worth_retrying(error: BaseException) -> bool:
    failure = error.__cause__ if isinstance(error, Unavailable) else None
    if isinstance(failure, NotSupportedError):  # an outdated prepared statement; its connection is closed
        return True
    if not isinstance(failure, OperationalError | InterfaceError):
        return False
    driver_error = failure.__cause__
    if isinstance(driver_error, sqlite3.Error):
        return driver_error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    state = getattr(driver_error, "sqlstate", None) or ""
    return state in {"", _SERIALIZATION_FAILURE, _DEADLOCK} or state.startswith(_CONNECTION_GONE)
