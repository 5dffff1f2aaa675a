"""Dates of which the day, or the day and the month, may be unknown."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from attrs import frozen

from core.errors import InvalidValue

MAX_AGE_YEARS = 130
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


@frozen(order=True)
class PartialDate:
    """`iso` is YYYY, YYYY-MM or YYYY-MM-DD. A date sorts before the more precise dates within it."""

    iso: str

    @property
    def is_full(self) -> bool:
        return len(self.iso) == len("YYYY-MM-DD")

    @property
    def earliest(self) -> date:
        return date.fromisoformat(self.iso + "-01-01"[len(self.iso) - 4 :])

    @property
    def latest(self) -> date:
        if self.is_full:
            return self.earliest
        if len(self.iso) == len("YYYY"):
            return date(self.earliest.year, 12, 31)
        return self.earliest.replace(day=monthrange(self.earliest.year, self.earliest.month)[1])

    def age_on(self, day: date) -> int | None:
        """In whole years; None if the date does not determine it. 0 on the day before birth, which is still today in
        another time zone."""
        age = _age_on(day, self.earliest)
        return max(age, 0) if self.is_full or _age_on(day, self.latest) == age else None

    def __str__(self) -> str:
        return self.iso


def first_of(day: date) -> PartialDate:
    """The first in order of the partial dates whose earliest day it is: 1986 for 1986-01-01."""
    return PartialDate(day.isoformat().removesuffix("-01").removesuffix("-01"))


def _age_on(day: date, born: date) -> int:
    """A birthday on 29 February counts on 1 March in common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def parse_date(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    raise InvalidValue("invalid", "Must be a date in the form YYYY-MM-DD.")


def parse_partial_date(raw: object) -> PartialDate:
    if isinstance(raw, PartialDate):
        raw = raw.iso
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return PartialDate(raw.isoformat())
    if isinstance(raw, str) and _PARTIAL_DATE.fullmatch(raw):
        value = PartialDate(raw)
        try:
            _ = value.latest
        except ValueError:
            pass
        else:
            return value
    raise InvalidValue("invalid", "Must be a date in the form YYYY-MM-DD, YYYY-MM or YYYY.")


def parse_past_date(raw: object, today: date) -> PartialDate:
    """Not in the future, and at most 130 years ago."""
    value = parse_partial_date(raw)
    if value.earliest > today:
        raise InvalidValue("future", "Must not be in the future.")
    if _age_on(today - timedelta(days=1), value.latest) >= MAX_AGE_YEARS:
        raise InvalidValue("too_old", f"Must not be more than {MAX_AGE_YEARS} years ago.")
    return value


def parse_deceased(raw: object, today: date) -> bool | PartialDate:
    """Whether the person has died, or when."""
    if isinstance(raw, bool):
        return raw
    try:
        return parse_past_date(raw, today)
    except InvalidValue as error:
        if error.code != "invalid":
            raise
    raise InvalidValue("invalid", "Must be true, false, or a date in the form YYYY-MM-DD, YYYY-MM or YYYY.")
