import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from dependency_injector.providers import Object
from django.test import Client

from adapters.caching.backend import CacheBackend
from adapters.caching.rate_limiter import CacheRateLimiter
from bootstrap import Container
from core.access import Actor, Role
from core.ports import RateLimit, RateLimitScope
from tests.fakes import NOW
from tests.http_api.conftest import PASSWORD, SETUP

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "clerk@clinic.example"
CLERK = {"email": EMAIL, "password": PASSWORD}
NEW = "battery staple"


@pytest.fixture
def account(registry: Container) -> None:
    registry.create_user()(actor=SETUP, role=Role.CLERK, email=EMAIL, password=PASSWORD)


@pytest.mark.parametrize(
    ("role", "home"),
    [
        *((role, "/console/") for role in (Role.READER, Role.CLERK, Role.ADMIN)),
        *((role, "/console/notices/") for role in (Role.AUTHOR, Role.EDITOR)),
    ],
)
def test_every_role_signs_in_and_out(registry: Container, role: Role, home: str) -> None:
    given = {"email": f"{role}@clinic.example", "password": PASSWORD}
    registry.create_user()(actor=SETUP, role=role, email=given["email"], password=PASSWORD)
    browser = Client()
    answer = browser.post("/console/sign-in/", given, follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [(home, 302)])
    assert given["email"] in answer.content.decode()
    assert browser.post("/console/sign-out/")["Location"] == "/console/sign-in/"
    assert browser.get("/console/account/").status_code == 302
    actions = [entry.action for entry in registry.list_accesses()(actor=SETUP, filters={}).entries]
    assert [action for action in actions if action.startswith("signed")] == ["signed_out", "signed_in"]


@pytest.mark.usefixtures("account")
def test_a_session_is_valid_for_the_admin_site_too(registry: Container) -> None:
    browser = Client()
    browser.post("/console/sign-in/", CLERK)
    assert browser.get("/admin/").status_code == 200
    browser.post("/admin/logout/")
    assert browser.get("/console/").status_code == 302
    browser.post("/admin/login/", {"username": CLERK["email"], "password": PASSWORD})
    assert browser.get("/console/").status_code == 200


@pytest.mark.usefixtures("account")
def test_anonymous_users_sign_in_and_then_get_the_page(registry: Container) -> None:
    browser = Client()
    asked = browser.get("/console/account/")["Location"]
    assert asked == "/console/sign-in/?next=%2Fconsole%2Faccount%2F"
    page = browser.get(asked).content.decode()
    [following] = re.findall('name="next" value="([^"]*)"', page)
    assert browser.post("/console/sign-in/", CLERK | {"next": following})["Location"] == "/console/account/"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/admin/", "/console//\\evil", "\x00"]
)
def test_signing_in_does_not_redirect_to_other_sites(elsewhere: str) -> None:
    location = Client().post("/console/sign-in/", CLERK | {"next": elsewhere})["Location"]
    assert location.startswith("/console/")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("given", [{"password": "wrong password"}, {"email": "eve@clinic.example"}, {"email": "eve"}])
def test_wrong_credentials_do_not_sign_in(given: dict[str, str]) -> None:
    browser = Client()
    answer = browser.post("/console/sign-in/", CLERK | given)
    assert answer.status_code == 400
    assert "The email or the password is wrong." in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert browser.get("/console/").status_code == 302


@pytest.mark.usefixtures("account")
def test_attempts_are_limited(registry: Container) -> None:
    limiter = CacheRateLimiter(CacheBackend(), {RateLimitScope.SIGN_IN: RateLimit(2, 60)})
    with registry.limiter.override(Object(limiter)):
        registry.password_verifier.reset()
        registry.verify_password.reset()
        answers = [Client().post("/console/sign-in/", CLERK | {"password": "wrong password"}) for _ in range(3)]
    registry.password_verifier.reset()
    registry.verify_password.reset()
    assert "Too many requests" in answers[-1].content.decode()


@pytest.mark.usefixtures("account")
def test_a_form_needs_its_token_and_cookies_are_kept_from_scripts(registry: Container) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/console/sign-in/", CLERK).status_code == 403
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/console/sign-in/").content.decode())
    assert browser.post("/console/sign-in/", CLERK | {"csrfmiddlewaretoken": token}).status_code == 302
    for name in ("sessionid", "csrftoken"):
        assert browser.cookies[name]["httponly"]
        assert browser.cookies[name]["samesite"] == "Lax"


def test_sessions_end_after_30_idle_minutes_and_after_12_hours(registry: Container) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        registry.create_user()(actor=SETUP, role=Role.CLERK, email=EMAIL, password=PASSWORD)
        idle, busy = Client(), Client()
        for browser in (idle, busy):
            browser.post("/console/sign-in/", CLERK)
        for _ in range(24):
            time.shift(timedelta(minutes=29, seconds=59))
            assert busy.get("/console/").status_code == 200
        assert idle.get("/console/").status_code == 302
        time.shift(timedelta(seconds=24))
        assert busy.get("/console/").status_code == 302


def test_a_session_ends_with_the_account_and_follows_the_role(
    registry: Container, sign_in_as: Callable[[Role], Client]
) -> None:
    browser = sign_in_as(Role.READER)
    (user,) = registry.list_users()(actor=SETUP).items
    registry.update_user()(actor=SETUP, user_id=user.id, role=Role.AUTHOR)
    assert browser.get("/console/").status_code == 403
    registry.update_user()(actor=SETUP, user_id=user.id, is_active=False)
    assert browser.get("/console/").status_code == 302


def test_a_password_set_by_an_admin_must_be_changed_first(registry: Container) -> None:
    admin = Actor("user:admin", Role.ADMIN.permissions, "request")
    registry.create_user()(actor=admin, role=Role.CLERK, email=EMAIL, password=PASSWORD)
    browser, change = Client(), "/console/account/password/"
    browser.post("/console/sign-in/", CLERK)
    for path in ("/console/", "/console/account/"):
        assert browser.get(path)["Location"] == change
    assert "Somebody else chose your password" in browser.get(change).content.decode()
    unchanged = browser.post(change, {"current": PASSWORD, "password": PASSWORD})
    assert "Must differ from your current password" in unchanged.content.decode()
    assert browser.post(change, {"current": PASSWORD, "password": NEW})["Location"] == "/console/"
    assert browser.get("/console/").status_code == 200


@pytest.mark.usefixtures("account")
def test_changing_the_own_password_ends_every_other_session(registry: Container) -> None:
    browser, other = Client(), Client()
    for one in (browser, other):
        one.post("/console/sign-in/", CLERK)
    wrong = browser.post("/console/account/password/", {"current": "wrong password", "password": NEW})
    assert "Must be your current password" in wrong.content.decode()
    browser.post("/console/account/password/", {"current": PASSWORD, "password": NEW})
    assert browser.get("/console/").status_code == 200
    assert other.get("/console/").status_code == 302
    assert registry.sign_in()(email=CLERK["email"], password=NEW)


@pytest.mark.usefixtures("account")
def test_typed_input_survives_the_end_of_the_session() -> None:
    browser = Client()
    asked = browser.post("/console/", {"q": 'Ada "Byron"', "csrfmiddlewaretoken": "old"})
    page = asked.content.decode()
    assert asked.status_code == 403
    assert '<input type="hidden" name="q" value="Ada &quot;Byron&quot;">' in page
    assert 'value="old"' not in page
    again = {f"sign_in-{name}": value for name, value in CLERK.items()} | {"q": 'Ada "Byron"'}
    wrong = browser.post("/console/", again | {"sign_in-password": "wrong password"})
    assert (wrong.status_code, "The email or the password is wrong." in wrong.content.decode()) == (403, True)
    answer = browser.post("/console/", again)
    assert (answer.status_code, "Nobody found" in answer.content.decode()) == (200, True)


@pytest.mark.usefixtures("account")
def test_passwords_are_not_kept_for_the_next_session() -> None:
    page = Client().post("/console/account/password/", {"current": PASSWORD, "password": NEW}).content.decode()
    assert "Sign in again" in page
    assert PASSWORD not in page
    assert NEW not in page


@pytest.mark.usefixtures("account")
def test_a_background_request_without_a_session_changes_nothing() -> None:
    answer = Client(headers={"HX-Request": "true"}).post("/console/", {"q": "ada"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_the_log_names_the_user_and_no_values(
    clerk: Client, registry: Container, caplog: pytest.LogCaptureFixture
) -> None:
    (user,) = registry.list_users()(actor=SETUP).items
    with caplog.at_level(logging.INFO):
        clerk.post("/console/", {"q": "lovelace"})
    logged = str([vars(record) for record in caplog.records])
    assert f"user:{user.id}" in logged
    assert "lovelace" not in logged
