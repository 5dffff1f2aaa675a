from collections.abc import Callable
from datetime import datetime, timedelta
from threading import RLock
from typing import TypeVar, cast

from attrs import field, frozen

from core.ports import Cache, Clock, RateLimiter, RateLimitScope

T = TypeVar("T")


@frozen
class InMemoryCache(Cache):
    """One maker at a time, whatever the key: enough for a script, and nobody waits for a database here."""

    clock: Clock
    _kept: dict[str, tuple[datetime, object]] = field(init=False, factory=dict[str, tuple[datetime, object]])
    _lock: RLock = field(init=False, factory=RLock)

    def get(self, key: str, kind: type[T], lifetime: timedelta, make: Callable[[], T]) -> T:
        with self._lock:
            now = self.clock.now()
            ends_at, kept = self._kept.get(key, (now, None))
            if now < ends_at:
                return cast("T", kept)
            made = make()
            self._kept[key] = now + lifetime, made
            return made

    def delete(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._kept.pop(key, None)


@frozen
class NoRateLimiter(RateLimiter):
    """For scripts, which are the operator's own."""

    def acquire(self, scope: RateLimitScope, who: str) -> None:
        pass
