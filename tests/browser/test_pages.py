"""Each page in a browser: for each role, light and dark, and on a narrow screen."""

import re
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Page

from adapters.web.console.urls import urlpatterns
from core.access import Role
from tests.browser.conftest import OpenPage
from tests.browser.records import Records
from tests.web.test_roles import ROLES, ROWS, Row

_LISTEN = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"
_TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
_SEVERE = {"serious", "critical"}
_TAG, _CONTENT = re.compile("<[a-z][^>]*>"), re.compile(' (?:value|href)="[^"]*"')
_SCHEMES: dict[Literal["light", "dark"], dict[str, list[str]]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"runOnly": ["color-contrast"], "resultTypes": ["violations"]},
}
_PUBLIC = dict.fromkeys(("/", "/notices/", "/reset-password/", "/console/sign-in/"), 200) | {
    "/console/patients/unknown/": 404
}


def test_pages_of_every_role_have_no_error_are_accessible_and_fit_a_narrow_screen(
    open_as: OpenPage, records: Records
) -> None:
    checked: dict[str, set[str]] = defaultdict(set)
    for role in reversed(ROLES):  # an admin sees most
        page = open_as(role)
        with problems_of(page) as problems:
            for path, status in (pages_of(role, records) if role else _PUBLIC).items():
                response = page.goto(path)
                assert response
                assert (role, path, response.status) == (role, path, status)
                look_at(page, path, problems, checked[path])
            assert (role, problems) == (role, [])


@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("ar", "rtl")])
def test_pages_in_other_languages_are_accessible_and_fit_a_narrow_screen(
    language: str, direction: str, open_as: OpenPage, records: Records
) -> None:
    page, checked = open_as(Role.ADMIN), set[str]()
    page.context.add_cookies([{"name": "django_language", "value": language, "url": records.home}])
    shown = ("edit", "pair", "merge", "overview", "import", "jobs", "write_notice", "user", "upstreams", "preferences")
    with problems_of(page) as problems:
        for path in (path_of(row, records) for row in ROWS if row.page in shown and row.method == "GET"):
            page.goto(path)
            assert (path, page.get_attribute("html", "dir")) == (path, direction)
            look_at(page, path, problems, checked)
        page.context.clear_cookies(name="django_language")
        assert problems == []


def test_the_console_learns_the_time_zone_of_the_browser(chromium: Browser, records: Records) -> None:
    with chromium.new_context(base_url=records.home, timezone_id="Asia/Tokyo") as context:
        context.new_page().goto("/console/sign-in/")
        [sent] = [cookie for cookie in context.cookies() if cookie.get("name") == "browser_time_zone"]
        assert sent.get("value") == "Asia/Tokyo"


def pages_of(role: Role, records: Records) -> dict[str, int]:
    """The statuses of those that the role may see, of one that it may not, and of one that does not exist."""
    shown = [row for row in ROWS if row.method == "GET" and row.page not in _NO_PAGE]
    allowed, refused = (
        [path_of(row, records) for row in shown if row.statuses[ROLES.index(role)] == status] for status in (200, 403)
    )
    return {"/console/unknown/": 404} | dict.fromkeys(refused[:1], 403) | dict.fromkeys(allowed, 200)


_NO_PAGE = {"rejects_file"}


def path_of(row: Row, records: Records) -> str:
    values = {
        "patient_id": records.patient,
        "other_id": records.twin,
        "pair_id": records.pair,
        "post_id": records.post,
        "comment_id": records.comment,
        "user_id": records.user,
        "session_id": records.session,
        "account_id": records.service_account,
        "key_id": records.service_key,
        "kind": row.job or "sync",
        "upload_id": records.jobs["import"],
        "job_id": records.jobs[row.job or "sync"],
        "status": row.status,
        "order": row.order or "isolate",
        "name": "unknown",
    }
    [names] = [pattern.pattern.converters for pattern in urlpatterns if pattern.name == row.page]
    return reverse(f"console:{row.page}", kwargs={name: values[name] for name in names})


def look_at(page: Page, path: str, problems: list[str], checked: set[str]) -> None:
    """Adds what is wrong with the page to `problems`. Elements that are in `checked` look as they did before."""
    elements = {_CONTENT.sub("", tag) for tag in _TAG.findall(page.inner_html("main"))}
    if elements <= checked:
        return
    checked |= elements
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate(Axe().axe_script)
    for scheme, options in _SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("options => axe.run(options)", options)["violations"]
        severe = [one for one in found if one["impact"] in _SEVERE]
        problems += [f"{path} {scheme}: {one['id']} {one['nodes'][0]['html']}" for one in severe]
    page.set_viewport_size({"width": 360, "height": 640})
    too_wide = page.evaluate(_TOO_WIDE)
    if too_wide > 0:
        problems.append(f"{path}: {too_wide} pixels wider than a narrow screen")


@contextmanager
def problems_of(page: Page) -> Generator[list[str]]:
    """Errors of scripts and of the console, but for the status of an error page."""
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        is_the_page = message.location["url"] == page.url and message.text.startswith("Failed to load resource")
        if message.type in {"error", "warning"} and not is_the_page:
            problems.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.add_init_script(_LISTEN)
    yield problems
