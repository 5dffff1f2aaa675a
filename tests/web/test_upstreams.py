import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from bootstrap import Container
from core.access import Role
from core.upstreams.entities import CircuitState, UpstreamReport
from tests.http_api.conftest import name
from tests.web.pages import html_of, text_of

__all__ = ["name"]

pytestmark = pytest.mark.django_db(transaction=True)

UPSTREAMS = "/console/upstreams/"
EVERY_PAGE = ("/console/", "/console/account/", "/console/jobs/", "/console/import/", UPSTREAMS)


@pytest.fixture
def admin(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.ADMIN)


def test_an_upstream_is_isolated_and_closed_after_a_confirmation(admin: Client, name: str) -> None:
    shown = admin.get(UPSTREAMS)
    assert "Upstream Working Calls are sent." in text_of(shown)
    assert f"{UPSTREAMS}{name}/close/" not in html_of(shown)
    for order, asked, done in (
        ("isolate", f"Isolate {name}?", "Isolated An admin has isolated it. No calls are sent. Last order: isolated"),
        ("close", f"Send calls to {name} again?", "Working Calls are sent. Last order: closed"),
    ):  # fmt: skip
        assert f'href="{UPSTREAMS}{name}/{order}/"' in html_of(admin.get(UPSTREAMS))
        assert asked in text_of(admin.get(f"{UPSTREAMS}{name}/{order}/"))
        assert f"{done} by you" in text_of(admin.post(f"{UPSTREAMS}{name}/{order}/", follow=True))


def test_each_process_is_shown_with_its_circuit(admin: Client, name: str) -> None:
    assert re.search(r"[^ ]+:\d+ Working 0 – – – – \d+ \w+ \d+, \d\d:\d\d:\d\d UTC", text_of(admin.get(UPSTREAMS)))


def test_a_registry_without_an_upstream_says_so(admin: Client) -> None:
    assert "No upstream system is configured" in text_of(admin.get(UPSTREAMS))


def test_unknown_upstreams_and_orders_are_not_found(admin: Client, name: str) -> None:
    for path in ("other/close/", f"{name}/open/"):
        assert admin.get(f"{UPSTREAMS}{path}").status_code == 404
        assert admin.post(f"{UPSTREAMS}{path}").status_code == 404


@pytest.mark.parametrize("state", list(CircuitState))
def test_every_page_says_that_upstream_is_down_for_any_process(
    admin: Client, registry: Container, name: str, state: CircuitState
) -> None:
    said = {"open": "does not answer", "half_open": "does not answer", "isolated": "has isolated the upstream system"}
    report = UpstreamReport(name, "other:1", datetime.now(UTC), state, 9, 0.4, 0.0, 0.1, 2.5, 0, 1.0, 0.0)
    registry.upstream_reports().save(report, outdated=report.reported_at - timedelta(hours=1))
    for path in EVERY_PAGE:
        page = text_of(admin.get(path))
        assert ("Everything else works." in page) == (state != "closed"), path
        assert said.get(state, "") in page
    assert "Everything else works." not in text_of(Client().get("/console/sign-in/"))


def test_every_page_says_that_upstream_is_isolated(admin: Client, name: str) -> None:
    admin.post(f"{UPSTREAMS}{name}/isolate/")
    assert "has isolated the upstream system" in text_of(admin.get("/console/account/"))


def test_the_upstream_banner_requires_permission_to_view_patients(
    sign_in_as: Callable[[Role], Client], admin: Client, name: str
) -> None:
    admin.post(f"{UPSTREAMS}{name}/isolate/")
    assert "upstream system" not in text_of(sign_in_as(Role.AUTHOR).get("/console/notices/"))
