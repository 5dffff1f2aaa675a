"""Filters of the console's templates."""

from datetime import date

from django.template import Library

from adapters.web.console.staff import Staff
from adapters.web.console.words import age_in_words, day_in_words, in_words, phone_in_words
from core.access import Role
from core.patients.entities import Patient

register = Library()
register.filter("words", in_words)


@register.filter("in")
def has_permission(permission: str, user: Staff) -> bool:
    return permission in Role(user.role).permissions


@register.filter
def birth(patient: Patient, today: date) -> str:
    """The date of birth and the age."""
    if patient.date_of_birth is None:
        return "Date of birth unknown"
    age = age_in_words(patient.age_on(today), today, patient.date_of_birth)
    about = "about " if patient.date_of_birth_estimated else ""
    return f"{about}{day_in_words(patient.date_of_birth)}" + (f" ({age})" if age else "")


@register.filter
def number_or_phone(patient: Patient) -> str:
    """What tells two people of one name apart: the first identifier, otherwise the phone number or the email."""
    if patient.identifiers:
        return f"{patient.identifiers[0].system}: {patient.identifiers[0].value}"
    return phone_in_words(patient.phone) if patient.phone else patient.email or ""


@register.filter
def share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0%}"


@register.filter
def milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.0f} ms"
