"""The fields of a record and of the items of its lists. None is required here: the core says what is."""

from collections.abc import Iterable
from enum import StrEnum
from typing import cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from adapters.web.console.words import LABELS
from adapters.web.core_texts import lazy_words
from core.patients import demographics
from core.patients.demographics import AddressUse, NameUse, PhoneUse
from core.patients.values import MAX_IDENTIFIERS, Sex

DEFAULTED = {"use", "system"}  # a row with nothing else is empty
ESSENTIAL = ("first_name", "last_name", "date_of_birth", "sex", "phone", "email")
REQUIRED = {"system", "value", "relationship", "name"}
_OFF = {"autocomplete": "off", "spellcheck": "false", "dir": "auto"}
_DATE = gettext_lazy("As 1987-03-14, 1987-03 or 1987.")


def _text(
    label: str | Promise, help_text: str | Promise = "", *, initial: str = "", inputmode: str = "text"
) -> forms.CharField:
    widget = forms.TextInput(attrs={**_OFF, "inputmode": inputmode})
    label, help_text = cast("str", label), cast("str", help_text)  # the stubs have no name for a lazy text
    return forms.CharField(label=label, required=False, help_text=help_text, initial=initial, widget=widget)


def _choice(label: str | Promise, codes: Iterable[StrEnum], initial: str) -> forms.CharField:
    choices = [(code.value, lazy_words(code)) for code in codes]
    return forms.CharField(
        label=cast("str", label), required=False, initial=initial, widget=forms.Select(choices=choices)
    )


def _check(name: str) -> forms.BooleanField:
    return forms.BooleanField(label=cast("str", LABELS[name]), required=False)


class PersonForm(forms.Form):
    first_name = _text(LABELS["first_name"])
    last_name = _text(LABELS["last_name"], gettext_lazy("One name is enough."))
    date_of_birth = _text(LABELS["date_of_birth"], _DATE)
    sex = _choice(LABELS["sex"], Sex, Sex.UNKNOWN)
    phone = _text(LABELS["phone"], inputmode="tel")
    email = _text(LABELS["email"], inputmode="email")
    middle_name = _text(LABELS["middle_name"])
    prefix = _text(LABELS["prefix"], gettext_lazy("Such as Dr."))  # type: ignore[assignment]  # Django takes fields out of the class
    suffix = _text(LABELS["suffix"], gettext_lazy("Such as Jr."))
    language = _text(LABELS["language"], gettext_lazy("A language tag, such as en or pt-BR."))
    external_id = _text(LABELS["external_id"], gettext_lazy("The id in the upstream system."))
    died_on = _text(gettext_lazy("Date of death"), _DATE)
    deceased = _check("deceased")
    date_of_birth_estimated = _check("date_of_birth_estimated")
    email_shared = _check("email_shared")


class IdentifierForm(forms.Form):
    system = _text(gettext_lazy("System"), initial="mrn")
    value = _text(gettext_lazy("Number"))


class OtherPhoneForm(forms.Form):
    use = _choice(gettext_lazy("Use"), PhoneUse, PhoneUse.MOBILE)
    value = _text(gettext_lazy("Phone"), inputmode="tel")


class OtherNameForm(forms.Form):
    use = _choice(gettext_lazy("Use"), NameUse, NameUse.MAIDEN)
    first_name = _text(LABELS["first_name"])
    last_name = _text(LABELS["last_name"])


class AddressForm(forms.Form):
    use = _choice(gettext_lazy("Use"), AddressUse, AddressUse.HOME)
    lines = forms.CharField(
        label=gettext_lazy("Street and house number"),
        required=False,
        widget=forms.Textarea(attrs={**_OFF, "rows": "2"}),
    )
    postal_code = _text(gettext_lazy("Postal code"))
    city = _text(gettext_lazy("City"))
    district = _text(gettext_lazy("District"))
    state = _text(gettext_lazy("State"))
    country = _text(gettext_lazy("Country"), gettext_lazy("A code of two letters, such as DE."))


class ContactForm(forms.Form):
    relationship = _text(gettext_lazy("Relationship"), gettext_lazy("Such as mother."))
    name = _text(gettext_lazy("Name"))
    phone = _text(gettext_lazy("Phone"), inputmode="tel")
    email = _text(gettext_lazy("Email"), inputmode="email")


ROW_FORMS: dict[str, tuple[type[forms.Form], int]] = {
    "identifiers": (IdentifierForm, MAX_IDENTIFIERS),
    "addresses": (AddressForm, demographics.MAX_ADDRESSES),
    "other_phones": (OtherPhoneForm, demographics.MAX_OTHER_PHONES),
    "other_names": (OtherNameForm, demographics.MAX_OTHER_NAMES),
    "contacts": (ContactForm, demographics.MAX_CONTACTS),
}
"""With the largest number of items."""
