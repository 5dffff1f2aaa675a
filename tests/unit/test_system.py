from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import SystemClock
from adapters.ids import TimeOrderedIdGenerator
from bootstrap import Configuration, in_memory_registry
from tests import strategies


def test_the_clock_returns_the_current_time_in_utc() -> None:
    now = SystemClock(ZoneInfo("Asia/Tokyo")).now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(("time_zone", "today"), [("UTC", 31), ("Pacific/Auckland", 1), ("America/Los_Angeles", 31)])
def test_today_is_the_date_in_the_registrys_time_zone(time_zone: str, today: int) -> None:
    clock = in_memory_registry(Configuration(secret_keys=("k" * 50,), time_zone=time_zone)).clock()
    with time_machine.travel(datetime(2026, 1, 31, 23, 30, tzinfo=UTC)):
        assert clock.today().day == today


START = datetime(2026, 1, 31, tzinfo=UTC)


@given(strategies.instants())
def test_an_id_is_a_uuid7_of_its_time(instant: datetime) -> None:
    one = TimeOrderedIdGenerator().new(instant)
    assert one.version == 7
    assert one.int >> 80 == (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(st.lists(strategies.instants() | st.integers(0, 5000).map(lambda us: START + timedelta(microseconds=us))))
def test_ids_sort_by_the_time_they_were_made(instants: list[datetime]) -> None:
    ids = [TimeOrderedIdGenerator().new(instant) for instant in sorted(set(instants))]
    assert ids == sorted(ids)


def test_ids_are_unique() -> None:
    instant = datetime(2026, 1, 31, tzinfo=UTC)
    assert len({TimeOrderedIdGenerator().new(instant) for _ in range(10_000)}) == 10_000
