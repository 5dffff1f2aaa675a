from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import blake2b
from ipaddress import IPv6Network
from time import time
from typing import Literal, cast

from attrs import frozen
from django.core.cache import BaseCache

from adapters.caching.backend import CacheBackend
from core.errors import TooManyRequests
from core.ports import Limit, Limiter, Quota, Scope


@frozen
class CacheLimiter(Limiter):
    """Counts in spans that begin on the clock, shared by all processes that share the cache. Around the end of a span
    up to twice as many calls may pass. `told` is told of calls that are refused, or allowed without being counted."""

    backend: CacheBackend
    limits: Mapping[Scope, Limit]
    told: Callable[[Scope, Literal["refused", "uncounted"]], None] = lambda _scope, _outcome: None

    def hit(self, scope: Scope, who: str) -> Quota | None:
        limit = self.limits[scope]
        span, elapsed = divmod(time(), limit.seconds)
        key = f"limit:{scope}:{int(span)}:{blake2b(_counted(who).encode(), digest_size=12).hexdigest()}"
        counted = self.backend(lambda cache: _count(cache, key, limit.seconds))
        if counted is None:
            self.told(scope, "uncounted")
            return None
        resets_in = timedelta(seconds=limit.seconds - elapsed)
        if counted > limit.calls:
            self.told(scope, "refused")
            raise TooManyRequests(retry_after=resets_in)
        return Quota(limit.calls - counted, resets_in)


def _counted(who: str) -> str:
    """Of an IPv6 address the network, as each of its hosts has addresses without number."""
    if who.count(":") < 2:
        return who
    try:
        return str(IPv6Network((who, 64), strict=False))
    except ValueError:
        return who


def _count(cache: BaseCache, key: str, seconds: int) -> int:
    with suppress(ValueError):  # the first of its span
        return cast("int", cache.incr(key))
    if cache.add(key, 1, timeout=seconds):
        return 1
    with suppress(ValueError):  # the span ended in between
        return cast("int", cache.incr(key))
    return 1
