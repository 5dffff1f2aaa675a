"""Numbers, dates and lists in the reader's language."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def count_text(number: float) -> str:
    """A whole number, with separators between the thousands."""
    return number_format(number, decimal_pos=0, force_grouping=True)


def share_text(share: float) -> str:
    """From 0 to 1, as a percentage."""
    return _("%(number)s %%") % {"number": count_text(round(share * 100))}


def day_text(day: date) -> str:
    """With the month as a word: 14 Mar 1987."""
    return date_format(day, pgettext("a date, in Django's codes", "j M Y"))


def month_text(day: date) -> str:
    return date_format(day, pgettext("a month, in Django's codes", "M Y"))


def day_of_year_text(day: date) -> str:
    return date_format(day, pgettext("a day of this year, in Django's codes", "j M"))


def moment_text(moment: datetime, *, seconds: bool = False) -> str:
    """In the reader's time zone, which it names."""
    pattern = pgettext("a date, in Django's codes", "j M Y") + pgettext("between a date and a time", ", ")
    return date_format(localtime(moment), pattern + ("H:i:s T" if seconds else "H:i T"))


def listed(items: Iterable[str | Promise]) -> str:
    return pgettext("between the items of a list", ", ").join(str(item) for item in items)


def isolated(code: str) -> str:
    """A number or a code that reads from left to right, also in the middle of a right-to-left text."""
    return f"\u2066{code}\u2069" if get_language_bidi() else code
