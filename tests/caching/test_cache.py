"""What every cache promises: the one in memory, and Django's in process and on Redis."""

import pickle
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Barrier, Event
from typing import cast
from uuid import UUID

import pytest
import redis
import time_machine
from attrs import field, frozen
from django.core.cache import caches

from adapters.caching.backend import CacheBackend
from adapters.caching.cache import DjangoCache
from adapters.in_memory.cache import InMemoryCache
from core.ports import Cache
from tests.caching.conftest import using
from tests.fakes import NOW, StillClock

AN_HOUR = timedelta(hours=1)


class Colour(StrEnum):
    RED = "red"


@frozen
class Note:
    id: UUID
    text: str
    at: datetime | None


@frozen
class Notes:
    notes: tuple[Note, ...]
    colour: Colour


@frozen
class Maker:
    """Makes notes that tell how often it was asked."""

    made: list[Notes] = field(factory=list[Notes])

    def __call__(self) -> Notes:
        note = Note(UUID(int=len(self.made)), "Ünïcode\n€", datetime(2026, 1, 31, 9, 30, 0, 5, tzinfo=UTC))
        self.made.append(Notes((note, Note(UUID(int=9), "", None)), Colour.RED))
        return self.made[-1]


@pytest.fixture(params=["memory", "in process", "redis"])
def cache(request: pytest.FixtureRequest) -> Generator[Cache]:
    if request.param == "memory":
        yield InMemoryCache(StillClock())
        return
    with using(request.getfixturevalue("redis_url") if request.param == "redis" else ""):
        caches["default"].clear()
        yield DjangoCache(CacheBackend())
        caches["default"].clear()


def test_a_cached_value_is_returned_unchanged(cache: Cache) -> None:
    make = Maker()
    first = cache.get("notes", Notes, AN_HOUR, make)
    again = cache.get("notes", Notes, AN_HOUR, make)
    assert first == again == make.made[0]
    assert type(again.colour) is Colour
    assert len(make.made) == 1


def test_each_key_is_computed_separately(cache: Cache) -> None:
    make = Maker()
    assert cache.get("notes", Notes, AN_HOUR, make) != cache.get("others", Notes, AN_HOUR, make)


def test_a_deleted_entry_is_computed_and_cached_again(cache: Cache) -> None:
    make = Maker()
    for key in ("notes", "others"):
        cache.get(key, Notes, AN_HOUR, make)
    cache.delete("notes")
    newer = cache.get("notes", Notes, AN_HOUR, make)
    assert newer == cache.get("notes", Notes, AN_HOUR, make) == make.made[2]
    assert cache.get("others", Notes, AN_HOUR, make) == make.made[1]


def test_deleting_a_missing_key_does_nothing(cache: Cache) -> None:
    cache.delete("notes", "others")
    assert cache.get("notes", Notes, AN_HOUR, Maker())


def test_an_error_of_the_computation_is_raised_and_not_cached(cache: Cache) -> None:
    def fail() -> Notes:
        raise KeyError("no notes")

    for _ in range(2):
        with pytest.raises(KeyError):
            cache.get("notes", Notes, AN_HOUR, fail)
    assert cache.get("notes", Notes, AN_HOUR, Maker())


def test_concurrent_misses_share_one_computation(cache: Cache) -> None:
    make, start = Maker(), Barrier(8)

    def ask() -> Notes:
        start.wait(timeout=30)
        return cache.get("notes", Notes, AN_HOUR, make)

    with ThreadPoolExecutor(8) as pool:
        got = [asked.result(timeout=30) for asked in [pool.submit(ask) for _ in range(8)]]
    assert len(make.made) == 1
    assert set(got) == set(make.made)


def test_a_value_deleted_during_its_computation_is_not_cached(cache: Cache) -> None:
    make, old = Maker(), Notes((), Colour.RED)
    making, changed = Event(), Event()

    def make_of_older_data() -> Notes:
        making.set()
        assert changed.wait(timeout=30)
        return old

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(cache.get, "notes", Notes, AN_HOUR, make_of_older_data)
        assert making.wait(timeout=30)
        dropping = pool.submit(cache.delete, "notes")
        if not isinstance(cache, InMemoryCache):  # where a drop waits for the maker
            dropping.result(timeout=30)
            assert cache.get("notes", Notes, AN_HOUR, make) == make.made[0]  # and does not join the older one
        changed.set()
        assert waiting.result(timeout=30) == old
        dropping.result(timeout=30)
    assert cache.get("notes", Notes, AN_HOUR, make) == make.made[0]


def test_an_entry_in_memory_lasts_for_its_lifetime() -> None:
    clock, make = StillClock(), Maker()
    cache = InMemoryCache(clock)
    for forward, made in [(timedelta(), 1), (AN_HOUR - timedelta(seconds=1), 1), (timedelta(seconds=1), 2)]:
        clock.forward(forward)
        cache.get("notes", Notes, AN_HOUR, make)
        assert len(make.made) == made


def test_an_entry_in_the_process_lasts_for_its_lifetime() -> None:
    make = Maker()
    with using(""), time_machine.travel(NOW, tick=False) as traveller:
        cache = DjangoCache(CacheBackend())
        for forward, made in [(timedelta(), 1), (AN_HOUR - timedelta(seconds=1), 1), (timedelta(seconds=2), 2)]:
            traveller.shift(forward)
            cache.get("notes", Notes, AN_HOUR, make)
            assert len(make.made) == made


def test_redis_receives_the_lifetime(redis_url: str) -> None:
    with using(redis_url), redis.Redis.from_url(redis_url) as server:
        DjangoCache(CacheBackend()).get("lasting", Notes, AN_HOUR, Maker())
        [key] = server.keys("*:lasting")
        assert 0 < server.ttl(key) <= AN_HOUR.total_seconds()


@pytest.mark.parametrize("stored", ["", "{", "[]", '{"notes": []}', '{"notes": [], "colour": "blue"}', '{"more": 1}'])
def test_an_entry_of_another_version_is_a_miss(url: str, stored: str) -> None:
    cache, make = DjangoCache(CacheBackend()), Maker()
    cache.get("notes", Notes, AN_HOUR, make)
    generation = caches["default"].get("notes:generation")
    caches["default"].set("notes", f"{generation} {stored}")
    assert cache.get("notes", Notes, AN_HOUR, make) == make.made[1]
    assert cache.get("notes", Notes, AN_HOUR, make) == make.made[1]


def test_values_from_redis_are_never_unpickled(redis_url: str) -> None:
    make = Maker()
    with using(redis_url), redis.Redis.from_url(redis_url) as server:
        cache = DjangoCache(CacheBackend())
        cache.get("notes", Notes, AN_HOUR, make)
        for key in server.keys("*"):
            assert not cast("bytes", server.get(key)).startswith(pickle.PROTO)
            server.set(key, pickle.dumps(Explosive()))
        assert cache.get("notes", Notes, AN_HOUR, make) == make.made[1]


class Explosive:
    def __reduce__(self) -> tuple[object, ...]:
        return pytest.fail, ("It was unpickled.",)
