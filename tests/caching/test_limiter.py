from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
import time_machine

from adapters.caching.backend import CacheBackend
from adapters.caching.rate_limiter import CacheRateLimiter
from core.errors import TooManyRequests
from core.ports import RateLimit, RateLimitScope
from tests.caching.conftest import using
from tests.fakes import NOW

FIVE_A_MINUTE = {scope: RateLimit(5, 60) for scope in RateLimitScope}


def limiter() -> CacheRateLimiter:
    return CacheRateLimiter(CacheBackend(), FIVE_A_MINUTE)


def allowed(limiter: CacheRateLimiter, scope: RateLimitScope, who: str, tries: int) -> int:
    count = 0
    for _ in range(tries):
        try:
            limiter.acquire(scope, who)
        except TooManyRequests:
            continue
        count += 1
    return count


def test_each_period_allows_the_given_number_of_calls(url: str) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        assert allowed(limiter(), RateLimitScope.USER, "ada", 9) == 5
        traveller.shift(timedelta(seconds=59))
        assert allowed(limiter(), RateLimitScope.USER, "ada", 9) == 0
        traveller.shift(timedelta(seconds=1))
        assert allowed(limiter(), RateLimitScope.USER, "ada", 9) == 5


def test_a_refused_call_says_when_to_retry(url: str) -> None:
    with time_machine.travel(NOW + timedelta(seconds=20), tick=False):
        allowed(limiter(), RateLimitScope.USER, "ada", 5)
        with pytest.raises(TooManyRequests) as refused:
            limiter().acquire(RateLimitScope.USER, "ada")
    assert refused.value.retry_after == timedelta(seconds=40)


def test_each_scope_and_each_caller_has_its_own_count(url: str) -> None:
    with time_machine.travel(NOW, tick=False):
        for scope in RateLimitScope:
            for who in ("ada", "eve"):
                assert allowed(limiter(), scope, who, 6) == 5


def test_simultaneous_calls_are_all_counted(url: str) -> None:
    shared = limiter()
    with time_machine.travel(NOW, tick=False), ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: allowed(shared, RateLimitScope.SIGN_IN, "ada", 5), range(8)))
    assert sum(counts) == 5


def test_processes_together_never_allow_more_and_hardly_less_than_the_limit(url: str) -> None:
    processes = [CacheRateLimiter(CacheBackend(), {RateLimitScope.USER: RateLimit(1_000, 60)}) for _ in range(3)]
    with time_machine.travel(NOW, tick=False):
        assert allowed(processes[0], RateLimitScope.USER, "ada", 1) == 1  # and has nine more
        assert sum(allowed(one, RateLimitScope.USER, "ada", 600) for one in processes[1:]) == 990
        assert allowed(processes[0], RateLimitScope.USER, "ada", 20) == 9
        assert sum(allowed(one, RateLimitScope.USER, "ada", 2) for one in processes) == 0


def test_a_caller_learns_how_many_calls_are_left(url: str) -> None:
    limiter = CacheRateLimiter(CacheBackend(), {RateLimitScope.USER: RateLimit(250, 60)})
    with time_machine.travel(NOW, tick=False):
        quotas = [limiter.acquire(RateLimitScope.USER, "ada") for _ in range(250)]
    assert [quota.calls for quota in quotas if quota] == list(reversed(range(250)))


def test_redis_is_asked_once_for_each_hundredth_of_a_limit(redis_url: str) -> None:
    limiter = CacheRateLimiter(CacheBackend(), {RateLimitScope.USER: RateLimit(3_000, 60)})
    with using(redis_url), redis.Redis.from_url(redis_url) as server, time_machine.travel(NOW, tick=False):
        server.config_resetstat()
        assert allowed(limiter, RateLimitScope.USER, "ada", 90) == 90
        assert server.info("commandstats")["cmdstat_incrby"]["calls"] == 3


def test_redis_keeps_counts_for_one_period_under_digests(redis_url: str) -> None:
    with using(redis_url), redis.Redis.from_url(redis_url) as server:
        server.flushdb()
        limiter().acquire(RateLimitScope.SIGN_IN, "ada@example.org")
        [key] = server.keys("*")
        assert "ada" not in repr(key)
        assert 0 < server.ttl(key) <= 60


@pytest.mark.parametrize(
    "raw", ["", "60", "60/", "/minute", "0/minute", "-1/minute", "1.5/hour", "60/fortnight", "6 0/day"]
)
def test_an_ambiguous_limit_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="such as 60/minute"):
        RateLimit.parse(raw)


def test_a_limit_is_a_number_of_calls_in_a_period() -> None:
    assert RateLimit.parse("60/minute") == RateLimit(60, 60)
    assert [RateLimit.parse(f"7/{span}").seconds for span in ("second", "hour", "day")] == [1, 3600, 86_400]
