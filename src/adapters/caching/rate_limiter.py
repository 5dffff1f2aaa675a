from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from time import time
from typing import Literal
from uuid import uuid4

from attrs import field, frozen

from adapters.caching.backend import CacheBackend
from adapters.caching.counting import ProcessCache
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
    _alone: ProcessCache = field(init=False, factory=lambda: ProcessCache(f"limits {uuid4()}", _MANY))

    def acquire(self, scope: RateLimitScope, who: str) -> Quota | None:
        limit = self.limits.get(scope)
        if limit is None:
            return None
        window, elapsed = divmod(time(), limit.seconds)
        key = f"limit:{scope}:{int(window)}:{blake2b(network_prefix(who).encode(), digest_size=12).hexdigest()}"
        counted = self.backend(lambda cache: cache.count(key, limit.seconds))
        if counted is None:
            self.on_result(scope, "counted_alone")
            counted = self._alone.count(key, limit.seconds)
        resets_in = timedelta(seconds=limit.seconds - elapsed)
        if counted > limit.calls:
            self.on_result(scope, "refused")
            raise TooManyRequests(retry_after=resets_in)
        return Quota(limit.calls - counted, resets_in)
