"""Django's cache, in this process or Redis, such that its being down is no error."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from circuitbreaker import CircuitBreaker
from django.core.cache import BaseCache, caches
from redis import RedisError

T = TypeVar("T")

SECONDS_LEFT_ALONE = 5
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class CacheBackend:
    """A cache that has failed is left alone for some seconds, so that not every request waits for its time-out."""

    def __init__(self, alias: str = "default", seconds_left_alone: float = SECONDS_LEFT_ALONE) -> None:
        self._alias = alias
        self._circuit = CircuitBreaker(1, seconds_left_alone, (RedisError, OSError), name=f"cache {alias}")

    def __call__(self, use: Callable[[BaseCache], T]) -> T | None:
        """What `use` makes of the cache; None while the cache is down."""
        if self._circuit.opened:
            return None
        try:
            return self._circuit.call(use, caches[self._alias])
        except (RedisError, OSError):
            log.warning("cache_down")
            return None

    def state(self) -> str:
        """`ok` or `down`, asked just now unless it is being left alone."""
        return self(lambda cache: cache.get("state", "ok")) or "down"


class PlainSerializer:
    """Texts and whole numbers as they are. Django's own pickles texts, and unpickling runs whatever Redis holds."""

    def dumps(self, value: str | int) -> bytes | int:
        return value if isinstance(value, int) else b"t" + value.encode()

    def loads(self, stored: bytes) -> str | int:
        try:
            return stored[1:].decode() if stored.startswith(b"t") else int(stored)
        except ValueError:  # somebody else's
            return ""
