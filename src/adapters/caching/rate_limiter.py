from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from time import time
from typing import Literal
from uuid import uuid4

from attrs import field, frozen
from django.core.cache import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from adapters.caching.backend import CacheBackend
from core.errors import TooManyRequests
from core.ports import Quota, RateLimit, RateLimiter, RateLimitScope
from core.values import network_prefix

_MANY = {"OPTIONS": {"MAX_ENTRIES": 100_000}}


@frozen
class CacheRateLimiter(RateLimiter):
    """Counts in fixed windows, which all processes that use the cache share. Around the end of a window, up to twice
    the limit can pass. While the cache is down, each process counts for itself. `on_result` gets the requests that are
    refused or counted by this process alone."""

    backend: CacheBackend
    limits: Mapping[RateLimitScope, RateLimit]
    on_result: Callable[[RateLimitScope, Literal["refused", "counted_alone"]], None] = lambda _scope, _outcome: None
    _alone: BaseCache = field(init=False, factory=lambda: LocMemCache(f"limits {uuid4()}", _MANY))

    def acquire(self, scope: RateLimitScope, who: str) -> Quota | None:
        limit = self.limits.get(scope)
        if limit is None:
            return None
        window, elapsed = divmod(time(), limit.seconds)
        key = f"limit:{scope}:{int(window)}:{blake2b(network_prefix(who).encode(), digest_size=12).hexdigest()}"
        counted = self.backend(lambda cache: _count(cache, key, limit.seconds))
        if counted is None:
            self.on_result(scope, "counted_alone")
            counted = _count(self._alone, key, limit.seconds)
        resets_in = timedelta(seconds=limit.seconds - elapsed)
        if counted > limit.calls:
            self.on_result(scope, "refused")
            raise TooManyRequests(retry_after=resets_in)
        return Quota(limit.calls - counted, resets_in)


def _count(cache: BaseCache, key: str, seconds: int) -> int:
    with suppress(ValueError):  # the first of its window
        return cache.incr(key)
    if cache.add(key, 1, timeout=seconds):
        return 1
    with suppress(ValueError):  # the window ended in between
        return cache.incr(key)
    return 1
