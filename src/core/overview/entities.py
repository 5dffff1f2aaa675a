"""The registry in numbers."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from attrs import frozen

from core.patients.values import Status

AGES = (0, 10, 20, 30, 40, 50, 60, 70, 80)
"""The first age of each age group; the last group has no end."""
FRESH_FOR = timedelta(days=1)
"""A record that was synced longer ago is stale."""


class Freshness(StrEnum):
    """Whether a record that is linked to upstream was synced lately: `fresh`, `stale`, or `never`."""

    FRESH = "fresh"
    STALE = "stale"
    NEVER = "never"


@frozen
class DayCount:
    day: date
    count: int


@frozen
class Overview:
    """`by_age` has a number for each of `AGES`: living people by the age that they reach this year, without those whose
    year of birth is unknown. `by_freshness` are the records that are synced. `registered` and `synced` have the last
    days by rising date, with today. `synced` are the patients that upstream answered for in sync jobs, by the day on
    which the job was started."""

    counted_at: datetime
    by_status: Mapping[Status, int]
    by_age: tuple[int, ...]
    by_freshness: Mapping[Freshness, int]
    registered: tuple[DayCount, ...]
    synced: tuple[DayCount, ...]
    open_duplicates: int
