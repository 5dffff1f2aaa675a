"""Ports that several areas share."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar
from uuid import UUID

from attrs import frozen

T = TypeVar("T")

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...

    def today(self) -> date:
        """The date in the time zone of the registry, which can differ from the date in UTC."""
        ...


class IdGenerator(Protocol):
    def new(self, at: datetime) -> UUID:
        """A new UUIDv7 with the timestamp `at`, so that ids sort by creation time."""
        ...


class Atomic(Protocol):
    def __call__(self, work: Callable[[], T]) -> T:
        """Runs `work` in a transaction and returns its result.

        A nested call joins the outer transaction; only the outermost call commits. `work` can run again after a
        serialization failure, so it must have no effects outside the repositories. An error that leaves a nested call
        aborts the transaction, even if it is caught: the outermost call then raises `TransactionAborted`. Raises
        `Unavailable` when the store does not respond, or when the outcome of the commit is unknown.
        """
        ...


class Cache(Protocol):
    """Entries can disappear at any time. An unavailable cache slows callers down but raises no error."""

    def get(self, key: str, kind: type[T], lifetime: timedelta, make: Callable[[], T]) -> T:
        """Returns the attrs instance stored under `key`. On a miss, calls `make` and stores its result for `lifetime`.

        Callers of one process that miss at the same time share one call of `make`, and its error. If the key is deleted
        during that call, the waiting callers get the result, but it is not stored.
        """
        ...

    def delete(self, *keys: str) -> None:
        """Once the transaction is committed, if it is called in one."""
        ...


class RateLimitScope(StrEnum):
    """Each scope has a counter and a limit of its own."""

    ANONYMOUS = "anonymous"
    USER = "user"
    SIGN_IN = "sign_in"
    SIGN_IN_ADDRESS = "sign_in_address"
    SIGN_IN_EMAIL = "sign_in_email"
    SIGN_IN_KNOWN = "sign_in_known"
    SYNC = "sync"


@frozen
class RateLimit:
    """At most `calls` in each window of `seconds`."""

    calls: int
    seconds: int

    @classmethod
    def parse(cls, raw: str) -> "RateLimit":
        """Parses a limit such as `60/minute`. Raises `ValueError`."""
        parts = re.fullmatch(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", raw)
        if parts is None:
            raise ValueError(f"Must be a number of calls per second, minute, hour or day, such as 60/minute: {raw!r}.")
        return cls(int(parts[1]), _SECONDS[parts[2]])


@frozen
class Quota:
    """The calls left in the current window, and the time until the window ends."""

    calls: int
    resets_in: timedelta


class RateLimiter(Protocol):
    limits: Mapping[RateLimitScope, RateLimit] = MappingProxyType({})
    """The limits that callers are informed of."""

    def acquire(self, scope: RateLimitScope, who: str) -> Quota | None:
        """Counts one call. Stores only a digest of `who`, which can be personal data.

        Returns None for a scope without a limit. Raises `TooManyRequests` when the limit is exceeded. While the shared
        counters are unavailable, each process counts its own calls.
        """
        ...


class ConcurrencyLimiter(Protocol):
    def acquire(self, caller: str) -> Callable[[], None]:
        """Takes one of the caller's slots and returns an idempotent function that releases it.

        Raises `TooManyRequests` while all slots of the caller are in use.
        """
        ...


class TransactionAborted(RuntimeError):
    """A nested call failed and its error was caught, so the transaction cannot commit."""


class TransactionRequired(RuntimeError):
    """A record can be locked only inside `Atomic`."""
