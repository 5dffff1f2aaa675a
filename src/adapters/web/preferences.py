"""The reader's language and time zone, for pages. Everything else is English, with times in the registry's zone."""

from collections.abc import Callable
from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

ZONE_COOKIE = "time_zone"  # chosen on the page of preferences
BROWSER_ZONE_COOKIE = "browser_time_zone"  # set by console.js
_NO_PAGES = ("/api/", "/fhir/", "/admin/", "/health/", "/metrics")


class PreferencesMiddleware:
    """The language is the one that was chosen, otherwise by Accept-Language; the zone is the one that was chosen,
    otherwise the browser's, otherwise the registry's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(_NO_PAGES):
            return self._get_response(request)
        language = translation.get_language_from_request(request)
        with translation.override(language), timezone.override(_zone_of(request)):
            response = self._get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def chosen_zone(request: HttpRequest) -> str:
    """Empty if none was chosen."""
    return _known(request, ZONE_COOKIE)


def _zone_of(request: HttpRequest) -> tzinfo:
    name = chosen_zone(request) or _known(request, BROWSER_ZONE_COOKIE)
    return ZoneInfo(name) if name else timezone.get_default_timezone()


def _known(request: HttpRequest, cookie: str) -> str:
    name = request.COOKIES.get(cookie, "")
    return name if name in zone_names() else ""


@cache
def zone_names() -> frozenset[str]:
    """Those of regions, such as Europe/Berlin, and UTC."""
    return frozenset(name for name in available_timezones() if name == "UTC" or "/" in name)
