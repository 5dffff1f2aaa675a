"""Ports that every area needs."""

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
        """This instant, aware and in UTC."""
        ...

    def today(self) -> date:
        """The date in the registry's own time zone, which may differ from the one in UTC."""
        ...


class IdGenerator(Protocol):
    def new(self, at: datetime) -> UUID:
        """A UUIDv7 never given before, whose time is `at`: ids sort as the instants they were made at."""
        ...


class Atomic(Protocol):
    def __call__(self, work: Callable[[], T]) -> T:
        """Do all of `work` or nothing, and return its result.

        A nested call joins the outer one; only the outermost commits. `work` may be run again when the database
        asks for it, so it must have no effect outside the repositories. An error that leaves a nested call dooms the
        whole, even if it is caught: the outermost call then raises `TransactionAborted`. Raises `Unavailable` when the
        store does not answer, or when it is not known whether the commit took effect.
        """
        ...


class Cache(Protocol):
    """What may be forgotten at any time. A cache that is down costs speed, never an error."""

    def get(self, key: str, kind: type[T], lifetime: timedelta, make: Callable[[], T]) -> T:
        """The attrs instance kept under `key`; otherwise the one that `make` gives, which is then kept for `lifetime`.

        Callers in one process who miss at the same time share one `make`, and what it raises. What was being made when
        its key was dropped is given to those who waited, and not kept.
        """
        ...

    def delete(self, *keys: str) -> None:
        """Forgets what is kept under each of `keys`. Called after the change was committed."""
        ...


class RateLimitScope(StrEnum):
    """What is counted apart when calls are limited."""

    ANONYMOUS = "anonymous"
    USER = "user"
    SIGN_IN = "sign_in"
    SIGN_IN_ADDRESS = "sign_in_address"
    SIGN_IN_EMAIL = "sign_in_email"
    SIGN_IN_KNOWN = "sign_in_known"
    SYNC = "sync"


@frozen
class RateLimit:
    """So many calls in each span of so many seconds."""

    calls: int
    seconds: int

    @classmethod
    def parse(cls, raw: str) -> "RateLimit":
        """From `60/minute`. Raises `ValueError`."""
        parts = re.fullmatch(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", raw)
        if parts is None:
            raise ValueError(f"A limit is a number of calls a second, minute, hour or day, such as 60/minute: {raw!r}.")
        return cls(int(parts[1]), _SECONDS[parts[2]])


@frozen
class Quota:
    """How many calls are left, and when there are all of them again."""

    calls: int
    resets_in: timedelta


class RateLimiter(Protocol):
    limits: Mapping[RateLimitScope, RateLimit] = MappingProxyType({})
    """For callers to know; a scope that is not in it has no limit that they could."""

    def acquire(self, scope: RateLimitScope, who: str) -> Quota | None:
        """Counts one call by `who`, which may be personal: it is kept as a digest only.

        Raises `TooManyRequests` for a call too many. Calls that cannot be counted with those of other processes are
        counted with those of this one. None without a limit.
        """
        ...


class ConcurrencyLimiter(Protocol):
    def acquire(self, who: str) -> Callable[[], None]:
        """Takes one of the places of `who`, until the function returned is called. Calling it again is harmless.

        Raises `TooManyRequests` while all places of `who` are taken.
        """
        ...


class TransactionAborted(RuntimeError):
    """A nested piece of work failed, its error was caught, and the rest tried to carry on."""


class TransactionRequired(RuntimeError):
    """A record was to be locked outside `Atomic`, where no lock would hold."""
