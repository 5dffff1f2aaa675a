import logging

import pytest
from django.test import Client

from bootstrap import Container
from core.accounts.entities import User
from core.accounts.errors import WrongCredentials
from tests.http_api.conftest import COLLEAGUE, SETUP
from tests.http_api.test_notices import Html

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/reset-password/"
NEW = "battery staple"


@pytest.fixture
def browser() -> Client:
    """With CSRF checks. A page without a referrer sends "null" as its origin."""
    return Client(enforce_csrf_checks=True, headers={"Origin": "null"})


@pytest.fixture
def code(registry: Container, colleague: User) -> str:
    return registry.issue_password_reset()(actor=SETUP, user_id=colleague.id)[1]


def test_a_user_sets_a_new_password_at_the_page(browser: Client, registry: Container, code: str) -> None:
    answer = browser.post(PAGE, {"code": code, "password": NEW}, follow=True)
    assert "Your new password is set" in answer.content.decode()
    assert answer.redirect_chain == [("/reset-password/done/", 302)]
    assert registry.sign_in()(email=COLLEAGUE["email"], password=NEW)
    with pytest.raises(WrongCredentials):
        registry.sign_in()(**COLLEAGUE)


def test_the_page_has_no_script_and_leaves_no_trace_in_the_browser(browser: Client, code: str) -> None:
    for answer in (browser.get(PAGE), browser.post(PAGE, {"code": code, "password": "short"})):
        page = Html(answer.content.decode())
        assert page.names().isdisjoint({"script", "style"})
        assert [tag["action"] for name, tag in page.tags if name == "form"] == [PAGE]
        assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "short" not in answer.content.decode()
    assert browser.cookies == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"password": "password123"}, "Too easy to guess"),
        ({"code": "0" * 20}, "The code is wrong, was used or has expired."),
        ({"code": "x" * 101}, "at most 100 characters"),
        ({"password": "x" * 257}, "at most 256 characters"),
        ({"password": "\x00" * 12}, "Null characters are not allowed"),
        ({"code": ""}, "This field is required"),
    ],
)
def test_errors_are_shown_at_their_fields(browser: Client, code: str, given: dict[str, str], message: str) -> None:
    answer = browser.post(PAGE, {"code": code, "password": NEW} | given)
    assert answer.status_code == 400
    assert message in answer.content.decode()


def test_neither_the_code_nor_the_password_is_logged(
    browser: Client, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        browser.post(PAGE, {"code": code, "password": "password123"})
        browser.post(PAGE, {"code": code, "password": NEW})
    logged = str([vars(record) for record in caplog.records])
    assert "reset_password" in logged
    for secret in (code, code.replace("-", ""), NEW, "password123"):
        assert secret not in logged
