"""Filters of the console's templates."""

from datetime import date, datetime

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from adapters.web import formats
from adapters.web.console.staff import Staff
from adapters.web.console.words import age_in_words, day_in_words, phone_in_words
from adapters.web.core_texts import in_words, translated
from core.access import Role
from core.patients.entities import Patient

register = Library()
register.filter("words", in_words)
register.filter("translated", translated)
register.filter("number", formats.count_text)
register.filter("listed", formats.listed)


@register.filter
def day(moment: datetime) -> SafeString:
    return _time(moment, formats.day_text(localtime(moment)))


@register.filter
def moment(moment: datetime) -> SafeString:
    return _time(moment, formats.moment_text(moment))


@register.filter
def second(moment: datetime) -> SafeString:
    return _time(moment, formats.moment_text(moment, seconds=True))


def _time(moment: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), text)


@register.filter("in")
def has_permission(permission: str, user: Staff) -> bool:
    return permission in Role(user.role).permissions


@register.filter
def birth(patient: Patient, today: date) -> str:
    """The date of birth and the age."""
    if patient.date_of_birth is None:
        return _("Date of birth unknown")
    day = day_in_words(patient.date_of_birth)
    if patient.date_of_birth_estimated:
        day = _("about %(day)s") % {"day": day}
    age = age_in_words(patient.age_on(today), today, patient.date_of_birth)
    return _("%(day)s (%(age)s)") % {"day": day, "age": age} if age else day


@register.filter
def number_or_phone(patient: Patient) -> str:
    """What tells two people of one name apart: the first identifier, otherwise the phone number or the email."""
    if patient.identifiers:
        return formats.isolated(f"{patient.identifiers[0].system}: {patient.identifiers[0].value}")
    return phone_in_words(patient.phone) if patient.phone else patient.email or ""


@register.filter
def share(rate: float | None) -> str:
    return "" if rate is None else formats.share_text(rate)


@register.filter
def milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else _("%(number)s ms") % {"number": formats.count_text(seconds * 1000)}
