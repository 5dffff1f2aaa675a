"""A cache that is down costs speed, never an error."""

import socket
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import frozen

from adapters.caching.backend import CacheBackend
from adapters.caching.cache import DjangoCache
from adapters.caching.rate_limiter import CacheRateLimiter
from core.errors import TooManyRequests
from core.ports import RateLimit, RateLimitScope
from tests.caching.conftest import running_redis, using
from tests.programs import free_port

LIFETIME = timedelta(minutes=1)
ONE_A_DAY = {scope: RateLimit(1, 86_400) for scope in RateLimitScope}


@frozen
class Number:
    value: int


@pytest.fixture
def port() -> Generator[int]:
    """Django's cache is a Redis at this port, where nothing listens yet."""
    port = free_port()
    with using(f"redis://127.0.0.1:{port}/0"):
        yield port


def test_without_the_cache_values_are_computed_and_each_process_counts_alone(port: int) -> None:
    backend = CacheBackend()
    cache, limiter = DjangoCache(backend), CacheRateLimiter(backend, ONE_A_DAY)
    for value in range(3):
        made = Number(value)
        assert cache.get("number", Number, LIFETIME, lambda made=made: made) is made
    limiter.acquire(RateLimitScope.SIGN_IN, "ada@example.org")
    CacheRateLimiter(backend, ONE_A_DAY).acquire(RateLimitScope.SIGN_IN, "ada@example.org")
    with pytest.raises(TooManyRequests):
        limiter.acquire(RateLimitScope.SIGN_IN, "ada@example.org")
    cache.delete("number")


def test_an_outage_is_logged_with_its_cost(port: int, tmp_path: Path) -> None:
    reads: list[str] = []
    calls: list[tuple[RateLimitScope, str]] = []
    backend = CacheBackend(recovery_seconds=1e-9)
    cache = DjangoCache(backend, reads.append)
    limiter = CacheRateLimiter(backend, ONE_A_DAY, lambda scope, outcome: calls.append((scope, outcome)))
    for user in (1, 2):
        cache.get("number", Number, LIFETIME, lambda: Number(1))
        limiter.acquire(RateLimitScope.SYNC, f"user:{user}")
    assert (reads, calls) == (["down"] * 2, [(RateLimitScope.SYNC, "counted_alone")] * 2)
    with running_redis(port, tmp_path):
        for _ in range(3):
            cache.get("number", Number, LIFETIME, lambda: Number(1))
        limiter.acquire(RateLimitScope.SYNC, "user:1")
        with pytest.raises(TooManyRequests):
            limiter.acquire(RateLimitScope.SYNC, "user:1")
    assert (reads[2:], calls[2:]) == (["miss", "hit", "hit"], [(RateLimitScope.SYNC, "refused")])


def test_a_cache_is_used_again_when_it_is_available(port: int, tmp_path: Path) -> None:
    backend = CacheBackend(recovery_seconds=1e-9)
    cache, limiter = DjangoCache(backend), CacheRateLimiter(backend, ONE_A_DAY)
    assert backend.state() == "down"
    for round_ in (2, 3):
        with running_redis(port, tmp_path):
            assert backend.state() == "ok"
            assert cache.get("number", Number, LIFETIME, lambda made=Number(round_): made) == Number(round_)
            assert cache.get("number", Number, LIFETIME, lambda: Number(0)) == Number(round_)
            limiter.acquire(RateLimitScope.SYNC, "user:1")
            with pytest.raises(TooManyRequests):
                limiter.acquire(RateLimitScope.SYNC, "user:1")
        assert cache.get("number", Number, LIFETIME, lambda: Number(-1)) == Number(-1)
        limiter.acquire(RateLimitScope.SYNC, f"user:{round_}")


def test_an_unresponsive_cache_is_waited_for_once_and_then_skipped() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, using(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"):
        silent.setblocking(False)
        cache = DjangoCache(CacheBackend(recovery_seconds=3600))
        for value in range(20):
            assert cache.get("number", Number, LIFETIME, lambda value=value: Number(value)) == Number(value)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()  # nobody else has called
