from collections.abc import Callable
from datetime import datetime, timedelta
from threading import RLock
from typing import TypeVar, cast

from attrs import field, frozen

from core.ports import Cache, Clock, RateLimiter, RateLimitScope

T = TypeVar("T")


@frozen
class InMemoryCache(Cache):
    """Computes one value at a time, which is enough for a script."""

    clock: Clock
    after_commit: Callable[[Callable[[], None]], None] = lambda work: work()
    _entries: dict[str, tuple[datetime, object]] = field(init=False, factory=dict[str, tuple[datetime, object]])
    _lock: RLock = field(init=False, factory=RLock)

    def get(self, key: str, kind: type[T], lifetime: timedelta, make: Callable[[], T]) -> T:
        with self._lock:
            now = self.clock.now()
            expires_at, cached = self._entries.get(key, (now, None))
            if now < expires_at:
                return cast("T", cached)
            value = make()
            self._entries[key] = now + lifetime, value
            return value

    def delete(self, *keys: str) -> None:
        def delete() -> None:
            with self._lock:
                for key in keys:
                    self._entries.pop(key, None)

        self.after_commit(delete)


@frozen
class NoRateLimiter(RateLimiter):
    """For scripts of the operator, which need no limits."""

    def acquire(self, scope: RateLimitScope, who: str) -> None:
        pass
