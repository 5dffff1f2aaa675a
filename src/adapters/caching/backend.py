"""Django's cache, in this process or in Redis. An outage of the cache is not an error."""

from collections.abc import Callable
from typing import TypeVar, cast

import structlog
from circuitbreaker import CircuitBreaker
from django.core.cache import caches
from redis import RedisError

from adapters.caching.counting import ProcessCache, SharedCache

T = TypeVar("T")
CountingCache = ProcessCache | SharedCache

RECOVERY_SECONDS = 5
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class CacheBackend:
    """After a failure, the cache is skipped for `recovery_seconds`, so that not every request waits for its timeout."""

    def __init__(self, alias: str = "default", recovery_seconds: float = RECOVERY_SECONDS) -> None:
        self._alias = alias
        self._circuit = CircuitBreaker(1, recovery_seconds, (RedisError, OSError), name=f"cache {alias}")

    def __call__(self, use: Callable[[CountingCache], T]) -> T | None:
        """The result of `use`; None while the cache is down."""
        if self._circuit.opened:
            return None
        try:
            return self._circuit.call(use, cast("CountingCache", caches[self._alias]))
        except (RedisError, OSError):
            log.warning("cache_down")
            return None

    def state(self) -> str:
        """`ok` or `down`. Asks the cache, unless it is skipped after a failure."""
        return self(lambda cache: cache.get("state", "ok")) or "down"


class PlainSerializer:
    """Stores strings and integers without pickle: unpickling would execute what anyone wrote to Redis."""

    def dumps(self, value: str | int) -> bytes | int:
        return value if isinstance(value, int) else b"t" + value.encode()

    def loads(self, stored: bytes) -> str | int:
        try:
            return stored[1:].decode() if stored.startswith(b"t") else int(stored)
        except ValueError:  # written by another program
            return ""
