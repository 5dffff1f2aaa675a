from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from time import time
from typing import Literal
from uuid import uuid4

from attrs import field, frozen

from adapters.caching.backend import CacheBackend
from adapters.caching.counting import ProcessCache
from adapters.caching.shares import Shares
from core.errors import TooManyRequests
from core.ports import Quota, RateLimit, RateLimiter, RateLimitScope
from core.values import network_prefix

_MANY = {"OPTIONS": {"MAX_ENTRIES": 100_000}}


PARTS = 100
"""Of a limit. A process takes one part at a time from the shared count."""


@frozen
class CacheRateLimiter(RateLimiter):
    """Counts in fixed windows, which all processes that use the cache share. Around the end of a window, up to twice
    the limit can pass. A process takes 1 % of a limit at a time, at least one call, and asks the cache again when it
    has used these: calls are never too many, and a caller is refused too early by what other processes have taken and
    not used, up to 1 % each. While the cache is down, each process counts for itself. `on_result` gets the requests
    that are refused or counted by this process alone."""

    backend: CacheBackend
    limits: Mapping[RateLimitScope, RateLimit]
    on_result: Callable[[RateLimitScope, Literal["refused", "counted_alone"]], None] = lambda _scope, _outcome: None
    _shares: Shares = field(init=False, factory=Shares)
    _alone: ProcessCache = field(init=False, factory=lambda: ProcessCache(f"limits {uuid4()}", _MANY))

    def acquire(self, scope: RateLimitScope, who: str) -> Quota | None:
        limit = self.limits.get(scope)
        if limit is None:
            return None
        window, elapsed = divmod(time(), limit.seconds)
        key = f"limit:{scope}:{int(window)}:{blake2b(network_prefix(who).encode(), digest_size=12).hexdigest()}"
        resets_in = timedelta(seconds=limit.seconds - elapsed)
        left = self._shares.use(key)
        if left is None:
            left = self._take_share(scope, limit, key)
        if left is None:
            self.on_result(scope, "refused")
            raise TooManyRequests(retry_after=resets_in)
        return Quota(left, resets_in)

    def _take_share(self, scope: RateLimitScope, limit: RateLimit, key: str) -> int | None:
        """Uses the first call of it. Returns how many are left to the caller; None if all are taken."""
        size = max(limit.calls // PARTS, 1)
        counted = self.backend(lambda cache: cache.count(key, limit.seconds, size))
        if counted is None:
            self.on_result(scope, "counted_alone")
            size = 1
            counted = self._alone.count(key, limit.seconds, size)
        taken_before = counted - size
        if taken_before >= limit.calls:
            return None
        others = max(limit.calls - counted, 0)
        unused = min(size, limit.calls - taken_before) - 1
        if unused:
            self._shares.add(key, unused, for_others=others)
        return unused + others
