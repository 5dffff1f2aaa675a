"""The fields of a record and of the items of its lists. None is required here: the core says what is."""

from collections.abc import Iterable
from enum import StrEnum

from django import forms

from adapters.web.console.words import LABELS, in_words
from core.patients import demographics
from core.patients.demographics import AddressUse, NameUse, PhoneUse
from core.patients.values import MAX_IDENTIFIERS, Sex

DEFAULTED = {"use", "system"}  # a row with nothing else is empty
ESSENTIAL = ("first_name", "last_name", "date_of_birth", "sex", "phone", "email")
REQUIRED = {"system", "value", "relationship", "name"}
_OFF = {"autocomplete": "off", "spellcheck": "false"}
_DATE = "As 1987-03-14, 1987-03 or 1987."


def _text(label: str, help_text: str = "", *, initial: str = "", inputmode: str = "text") -> forms.CharField:
    widget = forms.TextInput(attrs={**_OFF, "inputmode": inputmode})
    return forms.CharField(label=label, required=False, help_text=help_text, initial=initial, widget=widget)


def _choice(label: str, codes: Iterable[StrEnum], initial: str) -> forms.CharField:
    choices = [(code.value, in_words(code)) for code in codes]
    return forms.CharField(label=label, required=False, initial=initial, widget=forms.Select(choices=choices))


def _check(name: str) -> forms.BooleanField:
    return forms.BooleanField(label=LABELS[name], required=False)


class PersonForm(forms.Form):
    first_name = _text(LABELS["first_name"])
    last_name = _text(LABELS["last_name"], "One name is enough.")
    date_of_birth = _text(LABELS["date_of_birth"], _DATE)
    sex = _choice(LABELS["sex"], Sex, Sex.UNKNOWN)
    phone = _text(LABELS["phone"], inputmode="tel")
    email = _text(LABELS["email"], inputmode="email")
    middle_name = _text(LABELS["middle_name"])
    prefix = _text(LABELS["prefix"], "Such as Dr.")  # type: ignore[assignment]  # Django takes fields out of the class
    suffix = _text(LABELS["suffix"], "Such as Jr.")
    language = _text(LABELS["language"], "A language tag, such as en or pt-BR.")
    external_id = _text(LABELS["external_id"], "The id in the upstream system.")
    died_on = _text("Date of death", _DATE)
    deceased = _check("deceased")
    date_of_birth_estimated = _check("date_of_birth_estimated")
    email_shared = _check("email_shared")


class IdentifierForm(forms.Form):
    system = _text("System", initial="mrn")
    value = _text("Number")


class OtherPhoneForm(forms.Form):
    use = _choice("Use", PhoneUse, PhoneUse.MOBILE)
    value = _text("Phone", inputmode="tel")


class OtherNameForm(forms.Form):
    use = _choice("Use", NameUse, NameUse.MAIDEN)
    first_name = _text(LABELS["first_name"])
    last_name = _text(LABELS["last_name"])


class AddressForm(forms.Form):
    use = _choice("Use", AddressUse, AddressUse.HOME)
    lines = forms.CharField(
        label="Street and house number", required=False, widget=forms.Textarea(attrs={**_OFF, "rows": "2"})
    )
    postal_code = _text("Postal code")
    city = _text("City")
    district = _text("District")
    state = _text("State")
    country = _text("Country", "A code of two letters, such as DE.")


class ContactForm(forms.Form):
    relationship = _text("Relationship", "Such as mother.")
    name = _text("Name")
    phone = _text("Phone", inputmode="tel")
    email = _text("Email", inputmode="email")


ROW_FORMS: dict[str, tuple[type[forms.Form], int]] = {
    "identifiers": (IdentifierForm, MAX_IDENTIFIERS),
    "addresses": (AddressForm, demographics.MAX_ADDRESSES),
    "other_phones": (OtherPhoneForm, demographics.MAX_OTHER_PHONES),
    "other_names": (OtherNameForm, demographics.MAX_OTHER_NAMES),
    "contacts": (ContactForm, demographics.MAX_CONTACTS),
}
"""With the largest number of items."""
