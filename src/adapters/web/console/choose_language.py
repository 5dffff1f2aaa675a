"""The language and the time zone of a browser, for anybody who uses it."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from adapters.web.console.layout import page
from adapters.web.preferences import ZONE_COOKIE, chosen_zone, zone_names

_KEPT_FOR = timedelta(days=365)


def _zones() -> list[tuple[str, object]]:
    return [("", gettext_lazy("That of the browser")), *((name, name) for name in sorted(zone_names()))]


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=forms.RadioSelect)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=_zones,
        help_text=gettext_lazy("Times are shown in it, with its name."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request, PreferencesForm(initial={"language": get_language(), "time_zone": chosen_zone(request)}))
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    chosen = form.cleaned_data
    with override(chosen["language"]):
        messages.success(request, _("Saved."))
    answer = HttpResponseRedirect(request.path)
    for cookie, value in ((settings.LANGUAGE_COOKIE_NAME, chosen["language"]), (ZONE_COOKIE, chosen["time_zone"])):
        answer.set_cookie(cookie, value, _KEPT_FOR, secure=request.is_secure(), httponly=True, samesite="Lax")
    return answer


def _show(request: HttpRequest, form: PreferencesForm) -> HttpResponse:
    return page(request, "console/preferences.html", {"form": form}, status=400 if form.errors else 200)
