"""The form of a search in the audit. Its address has ids and no emails."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from adapters.web.core_texts import in_words
from core.access_log.entities import AccessFilters
from core.values import MAX_EMAIL_LENGTH

_NAMES = ("who", "patient", "action", "since", "until")
_LAST_DAY = date(9990, 1, 1)


class AuditForm(forms.Form):
    """`who` is the email of a user, the name of a service account, or an actor as the audit has it."""

    who = forms.CharField(
        label=gettext_lazy("Who"),
        required=False,
        max_length=MAX_EMAIL_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("An email, a service account, or system: and a script"),
    )
    patient = forms.UUIDField(
        label=gettext_lazy("Record"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("The id in the address of its page"),
    )
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    since = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, data: Mapping[str, object], actions: Iterable[StrEnum]) -> None:
        super().__init__({name: data.get(name, "") for name in _NAMES})
        choices = sorted(((one.value, in_words(one)) for one in actions), key=lambda choice: choice[1])
        self.fields["action"] = forms.ChoiceField(
            label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("Anything")), *choices]
        )

    def filters(self, who: str) -> AccessFilters:
        """Of a valid form. Days are those of the reader's time zone."""
        given, filters = self.cleaned_data, AccessFilters()
        if who:
            filters["actor"] = who
        if given["patient"]:
            filters["patient_id"] = given["patient"]
        if given["action"]:
            filters["action"] = given["action"]
        if given["since"]:
            filters["since"] = _midnight(given["since"])
        if given["until"]:
            filters["until"] = _midnight(min(given["until"], _LAST_DAY) + timedelta(days=1))
        return filters

    def address(self, who: str) -> str:
        """The query of the page that shows the search."""
        given = self.cleaned_data | {"who": who}
        return urlencode({name: str(given[name]) for name in _NAMES if given[name]})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())
