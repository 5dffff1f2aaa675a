"""Each page in a browser: for each role, light and dark, and on a narrow screen."""

import re
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from core.access import Role
from tests.browser.conftest import OpenPage
from tests.browser.records import Records
from tests.web.test_roles import ROLES, ROWS, Row

_LISTEN = "addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))"
_TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
_SEVERE = {"serious", "critical"}
_COLORS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
_PUBLIC = ("/", "/notices/", "/reset-password/", "/console/sign-in/", "/console/patients/unknown/")


@pytest.fixture(scope="module")
def checked() -> set[str]:
    """The contents of pages whose accessibility was checked."""
    return set()


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_pages_have_no_error_are_accessible_and_fit_a_narrow_screen(
    role: Role | None, open_as: OpenPage, records: Records, checked: set[str]
) -> None:
    page = open_as(role)
    paths = pages_of(role, records) if role else _PUBLIC
    with problems_of(page) as problems:
        for path in paths:
            look_at(page, path, problems, checked)
        assert problems == []


def pages_of(role: Role, records: Records) -> list[str]:
    """Those that the role may see, one that it may not, and one that does not exist."""
    shown = [row for row in ROWS if row.method == "GET" and row.page not in _NO_PAGE]
    allowed, refused = (
        [path_of(row, records) for row in shown if row.statuses[ROLES.index(role)] == status] for status in (200, 403)
    )
    return ["/console/unknown/", *refused[:1], *allowed]


_NO_PAGE = {"rejects_file"}


def path_of(row: Row, records: Records) -> str:
    job = f"jobs/{row.job}/{records.jobs[row.job]}/" if row.job else ""
    patient, post = f"patients/{records.patient}/", f"notices/{records.post}/"
    paths = {
        "find": "",
        "jobs_of": "jobs/sync/",
        "queue": "duplicates/",
        "password": "account/password/",
        "pair": f"duplicates/{records.pair}/",
        "patient": patient,
        "status": f"{patient}status/{row.status}/",
        "merge": f"{patient}merge/{records.twin}/",
        "job": job,
        "order_job": f"{job}{row.order}/",
        "rejects": f"{job}rejects/",
        "failures": f"{job}failures/",
        "popular_notices": "notices/popular/",
        "drafts": "notices/drafts/",
        "write_notice": "notices/write/",
        "notice": post,
        "remove_comment": f"{post}comments/{records.comment}/remove/",
        "order_upstream": "upstreams/unknown/isolate/",
    }
    paths |= {f"{order}_notice": f"{post}{order}/" for order in ("edit", "publish", "delete")}
    paths |= {name: f"{patient}{name}/" for name in ("edit", "history", "duplicates", "accesses", "merges")}
    return f"/console/{paths.get(row.page, f'{row.page}/')}"


def look_at(page: Page, path: str, problems: list[str], checked: set[str]) -> None:
    """Adds what is wrong with the page to `problems`. A content that is in `checked` is as accessible as before."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(path)
    content = path + re.sub(' value="[^"]*"', "", page.inner_html("main"))
    if content not in checked:
        checked.add(content)
        page.emulate_media(color_scheme="light")
        problems += [f"{path} light: {found}" for found in violations(page, {"resultTypes": ["violations"]})]
        page.emulate_media(color_scheme="dark")
        problems += [f"{path} dark: {found}" for found in violations(page, _COLORS)]
    page.set_viewport_size({"width": 360, "height": 640})
    too_wide = page.evaluate(_TOO_WIDE)
    if too_wide > 0:
        problems.append(f"{path}: {too_wide} pixels wider than a narrow screen")


def violations(page: Page, options: dict[str, list[str]]) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']} {one['nodes'][0]['html']}" for one in found if one["impact"] in _SEVERE]


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
