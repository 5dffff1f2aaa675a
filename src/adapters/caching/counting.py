"""Django's caches, which also count."""

from contextlib import suppress
from functools import cached_property

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import Redis


class ProcessCache(LocMemCache):
    def count(self, key: str, seconds: int, calls: int) -> int:
        """Adds calls. Returns all that were added since the first of them, which `seconds` later are forgotten."""
        with suppress(ValueError):  # the first of its window
            return self.incr(key, calls)
        if self.add(key, calls, timeout=seconds):
            return calls
        with suppress(ValueError):  # the window ended in between
            return self.incr(key, calls)
        return calls


class SharedCache(RedisCache):
    """Counts in one round trip. Django's `incr` takes two, and a third one for the first call."""

    def count(self, key: str, seconds: int, calls: int) -> int:
        """As `ProcessCache.count`."""
        name = self.make_and_validate_key(key)
        with self._counter.pipeline() as commands:  # pyright: ignore[reportUnknownMemberType]  # a part is not typed
            commands.set(name, 0, ex=seconds, nx=True)
            commands.incrby(name, calls)
            _, counted = commands.execute()
        return counted

    @cached_property
    def _counter(self) -> Redis:
        return self._cache.get_client(None, write=True)
