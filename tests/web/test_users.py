import re
from collections.abc import Callable

import pytest
from django.test import Client

from adapters.web.console.accounts.words import ACTIONS, PERMISSIONS, ROLES
from bootstrap import Container
from core.access import Permission, Role
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from tests.http_api.conftest import PASSWORD, SETUP
from tests.web.pages import html_of, text_of, value_of

pytestmark = pytest.mark.django_db(transaction=True)

USERS = "/console/users/"
NEW = f"{USERS}new/"
EMAIL = "grace@clinic.example"


@pytest.fixture
def admin(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.ADMIN)


@pytest.fixture
def grace(registry: Container) -> User:
    return registry.create_user()(actor=SETUP, email=EMAIL, password=PASSWORD, role=Role.CLERK)


def test_a_new_user_sets_a_password_with_the_code_and_signs_in(admin: Client) -> None:
    form = {"key": value_of(admin.get(NEW), "key"), "email": EMAIL, "role": "clerk"}
    first, path = (admin.post(NEW, form)["Location"] for _ in range(2))
    assert first == path
    assert "Not their own yet" in text_of(admin.get(path))
    shown = admin.post(f"{path}reset/", {"key": "key"})
    assert shown["Cache-Control"] == "no-store"
    [code] = re.findall("<code>(.*?)</code>", html_of(shown))
    assert code not in html_of(admin.get(path))
    Client().post("/reset-password/", {"code": code, "password": PASSWORD})
    signed_in = Client().post("/console/sign-in/", {"email": EMAIL, "password": PASSWORD})
    assert signed_in["Location"] == "/console/"
    page = text_of(admin.get(path))
    assert "Their own" in page
    assert "Code for a new password made" in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": EMAIL, "role": "clerk"}, "Another user already signs in with this email."),
        ({"email": "grace", "role": "clerk"}, "Must be"),
        ({"email": "new@clinic.example", "role": "king"}, "Select a valid choice"),
        ({"email": "new@clinic.example"}, "This field is required."),
    ],
)
@pytest.mark.usefixtures("grace")
def test_a_refused_user_keeps_the_input_and_says_why(admin: Client, form: dict[str, str], said: str) -> None:
    page = admin.post(NEW, {"key": "key", **form})
    assert page.status_code == 400
    assert said in text_of(page)
    assert f'value="{form["email"]}"' in html_of(page)


def test_a_changed_role_is_in_the_history_of_the_user(admin: Client, grace: User) -> None:
    path = f"{USERS}{grace.id}/"
    assert re.search('value="clerk"[^>]*checked', html_of(admin.get(f"{path}role/")))
    assert admin.post(f"{path}role/", {"key": "key", "role": "author"})["Location"] == path
    page = text_of(admin.get(path))
    assert "Role changed from Clerk to Author" in page
    assert "Write notices" in page
    assert "Merge patients" not in page


def test_a_disabled_user_is_signed_out_and_found_among_the_disabled(
    admin: Client, sign_in_as: Callable[[Role], Client], registry: Container
) -> None:
    clerk = sign_in_as(Role.CLERK)
    [user] = registry.list_users()(actor=SETUP, role=Role.CLERK).items
    path = f"{USERS}{user.id}/"
    assert f"Disable {user.email}?" in text_of(admin.get(f"{path}disable/"))
    assert clerk.get("/console/").status_code == 200
    for _ in range(2):
        assert admin.post(f"{path}disable/", {"key": "disable"})["Location"] == path
    assert clerk.get("/console/").status_code == 302
    assert user.email not in text_of(admin.get(USERS))
    assert user.email in text_of(admin.get(f"{USERS}?show=disabled"))
    refused = admin.post(f"{path}reset/", {"key": "key"})
    assert (refused.status_code, "This user is disabled." in text_of(refused)) == (409, True)
    admin.post(f"{path}enable/", {"key": "enable"})
    assert user.email in text_of(admin.get(USERS))


def test_the_sessions_of_a_user_end_immediately(
    admin: Client, sign_in_as: Callable[[Role], Client], registry: Container
) -> None:
    browser = sign_in_as(Role.CLERK)
    [user] = registry.list_users()(actor=SETUP, role=Role.CLERK).items
    pairs = [registry.sign_in()(email=user.email, password=PASSWORD, address=f"192.0.2.{part}") for part in (1, 2)]
    path = f"{USERS}{user.id}/sessions/"

    def statuses() -> list[int]:
        apps = [Client(headers={"Authorization": f"Bearer {pair.access}"}) for pair in pairs]
        return [app.get("/api/v1/patients/").status_code for app in apps] + [browser.get("/console/").status_code]

    assert statuses() == [200, 200, 200]
    newest, _ = re.findall(f'href="({path}[0-9a-f-]*/end/)"', html_of(admin.get(path)))
    assert f"End this session of {user.email}?" in text_of(admin.get(newest))
    assert admin.post(newest, {"key": "one"})["Location"] == path
    page = text_of(admin.get(path))
    assert ("192.0.2.1" in page, "192.0.2.2" in page) == (True, False)
    assert statuses() == [200, 401, 200]
    assert admin.post(f"{path}end/", {"key": "all"})["Location"] == path
    assert statuses() == [401, 401, 302]
    assert "No app or script of this user is signed in." in text_of(admin.get(path))
    assert "All sessions ended by an admin" in text_of(admin.get(f"{USERS}{user.id}/"))


def test_the_last_admin_stays_an_admin(admin: Client, registry: Container) -> None:
    [last] = registry.list_users()(actor=SETUP, role=Role.ADMIN).items
    refused = admin.post(f"{USERS}{last.id}/role/", {"key": "key", "role": "clerk"})
    assert (refused.status_code, "This is the last active admin." in text_of(refused)) == (400, True)
    assert admin.post(f"{USERS}{last.id}/disable/", {"key": "other"}).status_code == 409


def test_searching_a_user_keeps_the_email_out_of_the_url(admin: Client, grace: User) -> None:
    found = admin.post(USERS, {"email": EMAIL.upper()})
    assert f"{USERS}{grace.id}/" in html_of(found)
    assert "No user signs in with this email." in text_of(admin.post(USERS, {"email": "nobody@clinic.example"}))
    assert admin.post(USERS, {"email": "grace"}).status_code == 400


def test_the_list_of_users_is_paged(admin: Client, grace: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.web.console.accounts.users.PER_PAGE", 1)
    first = admin.get(USERS)
    [following] = re.findall('rel="next" href="([^"]*)"', html_of(first))
    second = admin.get(USERS + following)
    assert ("admin@clinic.example" in text_of(second).partition("Sign out")[2]) is not (
        "admin@clinic.example" in text_of(first).partition("Sign out")[2]
    )
    assert (EMAIL in text_of(first)) is not (EMAIL in text_of(second))
    assert str(grace.id) in html_of(first) + html_of(second)


def test_every_role_permission_and_action_has_a_label() -> None:
    assert set(ROLES) == set(Role)
    assert set(PERMISSIONS) == set(Permission)
    assert set(ACTIONS) == set(AccountAction)
