"""The overview's numbers as charts."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from attrs import frozen
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from adapters.web.console.charts import Bar, Chart, draw_bars, draw_columns
from adapters.web.formats import count_text, day_of_year_text, isolated
from core.overview.entities import AGES, DayCount, Freshness, Overview
from core.patients.values import Status

Key = TypeVar("Key", Status, Freshness)


@frozen
class Figures:
    """`stale` are the records that were not synced lately, or never."""

    overview: Overview
    by_status: list[Bar]
    by_age: list[Bar]
    by_freshness: list[Bar]
    days: tuple[Chart, Chart]
    stale: str
    open_duplicates: str

    @classmethod
    def of(cls, overview: Overview) -> "Figures":
        stale = sum(overview.by_freshness[one] for one in (Freshness.STALE, Freshness.NEVER))
        days = (_daily(_("Registered"), overview.registered), _daily(_("Synced by jobs"), overview.synced))
        ages = zip(_ages(), overview.by_age, strict=True)
        return cls(
            overview=overview,
            by_status=_bars(_statuses(), overview.by_status),
            by_age=draw_bars(("", label, count) for label, count in ages),
            by_freshness=_bars(_freshness(), overview.by_freshness),
            days=days,
            stale=count_text(stale),
            open_duplicates=count_text(overview.open_duplicates),
        )


def _bars(labels: Mapping[Key, str], counts: Mapping[Key, int]) -> list[Bar]:
    return draw_bars((key, label, counts[key]) for key, label in labels.items())


def _daily(title: str, days: Sequence[DayCount]) -> Chart:
    most, total = max(day.count for day in days), sum(day.count for day in days)
    values = [(day_of_year_text(one.day), count_text(one.count), one.count) for one in days]
    summary = ngettext("%(total)s patient in %(days)s days", "%(total)s patients in %(days)s days", total)
    return Chart(
        title=title,
        summary=summary % {"total": count_text(total), "days": len(days)},
        unit=_("Day"),
        highest=count_text(most),
        columns=draw_columns(values, most),
    )


def _statuses() -> dict[Status, str]:
    return {
        Status.ACTIVE: _("Active"),
        Status.INACTIVE: _("Inactive"),
        Status.ARCHIVED: _("Archived"),
        Status.MERGED: _("Merged"),
    }


def _freshness() -> dict[Freshness, str]:
    return {
        Freshness.FRESH: _("Synced in the last day"),
        Freshness.STALE: _("Synced before that"),
        Freshness.NEVER: _("Never synced"),
    }


def _ages() -> list[str]:
    ranges = [isolated(f"{first}\u2013{following - 1}") for first, following in pairwise(AGES)]
    return [*ranges, _("%(age)s and older") % {"age": AGES[-1]}]
