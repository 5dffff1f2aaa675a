"""What a page of another site can do with the browser of somebody who is signed in."""

from typing import Any

import pytest
from django.test import Client

from bootstrap import Container
from core.access import Role
from tests.http_api.client import Api
from tests.http_api.conftest import PASSWORD, SETUP
from tests.http_api.problems import kind
from tests.http_api.production import CONSOLE, HOST, SECURE, use_production

pytestmark = pytest.mark.django_db(transaction=True)

CREDENTIALS = {"username": "admin@clinic.example", "password": PASSWORD}
LOGIN, USERS = "/admin/login/", "/console/users/new/"


@pytest.fixture(autouse=True)
def production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use_production(settings, monkeypatch)


@pytest.fixture
def browser(registry: Container) -> Client:
    """Of an admin, who is not signed in yet."""
    registry.create_user()(actor=SETUP, email=CREDENTIALS["username"], password=PASSWORD, role=Role.ADMIN)
    return Client(enforce_csrf_checks=True, headers=SECURE, raise_request_exception=False)


def signed_in(browser: Client) -> Client:
    if "csrftoken" not in browser.cookies:
        browser.get(LOGIN)
    assert browser.post(LOGIN, CREDENTIALS | token_of(browser), headers=same_site()).status_code == 302
    return browser


def token_of(browser: Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}


def same_site() -> dict[str, str]:
    return {"Referer": f"https://{HOST}{LOGIN}"}


def test_cookies_are_secure_httponly_and_samesite(browser: Client) -> None:
    for name, cookie in signed_in(browser).cookies.items():
        assert (name, cookie["secure"], cookie["httponly"], cookie["samesite"]) == (name, True, True, "Lax")
        assert (cookie["domain"], cookie["path"]) == ("", "/")
    assert {"sessionid", "csrftoken"} <= browser.cookies.keys()


@pytest.mark.parametrize("is_live", [True, False])
def test_signing_in_replaces_a_fixed_session(browser: Client, registry: Container, is_live: bool) -> None:
    thief = Client(headers=SECURE)
    thief.cookies["sessionid"] = "a" * 32
    if is_live:
        registry.create_user()(actor=SETUP, email="thief@clinic.example", password=PASSWORD, role=Role.ADMIN)
        thief.post(LOGIN, CREDENTIALS | {"username": "thief@clinic.example"})
    assert thief.get("/admin/").status_code == (200 if is_live else 302)
    browser.cookies["sessionid"] = chosen = thief.cookies["sessionid"].value
    browser.cookies["csrftoken"] = "a" * 32
    assert signed_in(browser).cookies["sessionid"].value != chosen
    assert thief.get("/admin/").status_code == 302


def test_signing_out_invalidates_copied_session_cookies(browser: Client) -> None:
    thief = Client(headers=SECURE)
    thief.cookies["sessionid"] = signed_in(browser).cookies["sessionid"].value
    assert thief.get("/admin/").status_code == 200
    browser.post("/admin/logout/", token_of(browser), headers=same_site())
    assert thief.get("/admin/").status_code == 302


@pytest.mark.parametrize("path", [LOGIN, "/admin/logout/", USERS])
@pytest.mark.parametrize(
    ("origin", "token"),
    [({"Origin": "https://evil.example"}, True), ({"Origin": "null"}, True), ({}, True), (same_site(), False),
     ({"Referer": f"https://{HOST}.evil.example/"}, True), ({"Referer": "http://registry.example/"}, True)],
)  # fmt: skip
def test_admin_forms_are_only_accepted_from_the_same_origin(
    browser: Client, path: str, origin: dict[str, str], token: bool
) -> None:
    given = CREDENTIALS | token_of(signed_in(browser))
    if not token:
        del given["csrfmiddlewaretoken"]
    assert browser.post(path, given, headers=origin).status_code == 403
    assert browser.get("/admin/").status_code == 200


def test_an_admin_session_does_not_sign_in_to_the_api(browser: Client) -> None:
    answer = Api(client=signed_in(browser)).get("users/me/")
    assert (answer.status_code, kind(answer)) == (401, "unauthenticated")
    assert not answer.cookies  # the session lasts no longer for it


@pytest.mark.parametrize(
    "origin",
    ["null", "https://good.example.evil.example", "https://evilgood.example", "https://good.example:8443",
     "http://good.example", "https://good.example@evil.example", "https://GOOD.example",
     f"https://{HOST}", "*", "https://good.example, https://evil.example", "https://good.example\\.evil.example"],
)  # fmt: skip
def test_only_exact_origins_may_read_responses(registry: Container, origin: str) -> None:
    answers = [Api().call(method, "posts/", headers=SECURE | {"Origin": origin}) for method in ("GET", "OPTIONS")]
    for answer in answers:
        assert "Access-Control-Allow-Origin" not in answer
        assert "origin" in answer["Vary"].lower()


def test_allowed_origins_send_no_cookies(registry: Container) -> None:
    for method in ("GET", "OPTIONS"):
        answer = Api().call(method, "posts/", headers=SECURE | {"Origin": CONSOLE})
        assert answer["Access-Control-Allow-Origin"] == CONSOLE
        assert "Access-Control-Allow-Credentials" not in answer
