import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from bootstrap import Container
from core.access import Actor, Role
from core.accounts.service_accounts import ServiceAccount
from tests.http_api.conftest import SETUP
from tests.web.pages import html_of, text_of, value_of

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNTS = "/console/service-accounts/"


@pytest.fixture
def admin(sign_in_as: Callable[[Role], Client]) -> Client:
    return sign_in_as(Role.ADMIN)


@pytest.fixture
def lab(registry: Container) -> ServiceAccount:
    return registry.create_service_account()(actor=SETUP, name="lab-import", role=Role.CLERK)


def make_key(admin: Client, account: ServiceAccount, **form: str | list[str]) -> str:
    """The token of a new key."""
    page = admin.post(f"{ACCOUNTS}{account.id}/keys/new/", {"key": str(uuid4()), "name": "december", **form})
    [token] = re.findall('<p class="secret"><code>(.*?)</code>', html_of(page))
    return token


def status_with(token: str, path: str = "/api/v1/patients/", method: str = "GET") -> int:
    return Client(headers={"Authorization": f"Bearer {token}"}).generic(method, path).status_code


def test_an_account_is_created_once_and_changes_its_role(admin: Client, registry: Container) -> None:
    form = {"key": value_of(admin.get(f"{ACCOUNTS}new/"), "key"), "name": "ward-screen", "role": "clerk"}
    first, path = (admin.post(f"{ACCOUNTS}new/", form)["Location"] for _ in range(2))
    assert first == path
    assert "Has no valid key" in text_of(admin.get(ACCOUNTS))
    assert admin.post(f"{path}role/", {"key": "role", "role": "reader"})["Location"] == path
    page = text_of(admin.get(path))
    assert "Role changed from Clerk to Reader" in page
    assert "Merge patients" not in page
    [account] = registry.list_service_accounts()(actor=SETUP).items
    assert (account.name, account.role) == ("ward-screen", Role.READER)


def test_a_key_is_shown_once_and_a_repeated_form_makes_no_other(
    admin: Client, lab: ServiceAccount, registry: Container
) -> None:
    path = f"{ACCOUNTS}{lab.id}/keys/new/"
    form = {"key": value_of(admin.get(path), "key"), "name": "december"}
    shown = admin.post(path, form)
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
    [token] = re.findall('<p class="secret"><code>(.*?)</code>', html_of(shown))
    assert status_with(token) == 200

    repeated = admin.post(path, form)
    [key] = registry.view_service_account()(actor=SETUP, account_id=lab.id).keys
    assert repeated["Location"] == f"{ACCOUNTS}{lab.id}/keys/{key.id}/"
    page = admin.get(repeated["Location"])
    assert "The key itself was shown once" in text_of(page)
    assert f"keys/new/?like={key.id}" in html_of(page)
    assert token not in html_of(page) + html_of(admin.get(f"{ACCOUNTS}{lab.id}/"))


def test_no_stored_answer_has_the_key(admin: Client, lab: ServiceAccount, registry: Container) -> None:
    [user] = registry.list_users()(actor=SETUP, role=Role.ADMIN).items
    who = Actor.user(user.id, user.role, "request")
    admin.post(f"{ACCOUNTS}{lab.id}/keys/new/", {"key": "made", "name": "december"})
    stored = registry.atomic()(lambda: registry.stored_answers().claim(who.name, "made"))
    assert stored
    assert stored.answer
    [key] = registry.view_service_account()(actor=SETUP, account_id=lab.id).keys
    assert stored.answer.headers == {"Location": f"{ACCOUNTS}{lab.id}/keys/{key.id}/"}
    assert stored.answer.body == b""


def test_a_key_works_within_its_networks_and_permissions_until_the_end_of_its_last_day(
    admin: Client, lab: ServiceAccount, registry: Container
) -> None:
    day = datetime.now(UTC).date() + timedelta(days=7)
    limits = {"networks": "192.0.2.0/24\n127.0.0.1", "permissions": ["patients.view"]}
    token = make_key(admin, lab, expires_at=day.isoformat(), **limits)
    assert status_with(token) == 200
    assert status_with(token, "/api/v1/imports/") == 403
    elsewhere = make_key(admin, lab, networks="192.0.2.0/24")
    assert status_with(elsewhere) == 401
    key, _ = registry.view_service_account()(actor=SETUP, account_id=lab.id).keys
    assert key.expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    page = text_of(admin.get(f"{ACCOUNTS}{lab.id}/keys/{key.id}/"))
    assert "192.0.2.0/24 127.0.0.1/32" in page
    assert "Expires soon" in page
    assert "or within an hour after it" in page
    assert "See patients" in page
    assert "Change patients" not in page


def test_a_replacement_begins_with_the_limits_of_the_key(
    admin: Client, lab: ServiceAccount, registry: Container
) -> None:
    make_key(admin, lab, networks="192.0.2.0/24 2001:db8::/48", permissions=["patients.view"])
    [key] = registry.view_service_account()(actor=SETUP, account_id=lab.id).keys
    form = html_of(admin.get(f"{ACCOUNTS}{lab.id}/keys/new/?like={key.id}"))
    assert "192.0.2.0/24\n2001:db8::/48</textarea>" in form
    assert re.findall('value="([a-z._]+)"[^>]*checked', form) == ["patients.view"]
    assert "never used" in text_of(admin.get(f"{ACCOUNTS}{lab.id}/"))
    assert "users.manage" not in form  # which the role does not have
    assert admin.get(f"{ACCOUNTS}{lab.id}/keys/new/?like={lab.id}").status_code == 404


def test_a_revoked_key_is_refused_at_once(admin: Client, lab: ServiceAccount, registry: Container) -> None:
    token = make_key(admin, lab)
    [key] = registry.view_service_account()(actor=SETUP, account_id=lab.id).keys
    path = f"{ACCOUNTS}{lab.id}/keys/{key.id}/"
    assert "Revoke the key december?" in text_of(admin.get(f"{path}revoke/"))
    for _ in range(2):
        assert admin.post(f"{path}revoke/", {"key": "revoke"})["Location"] == f"{ACCOUNTS}{lab.id}/"
    assert status_with(token) == 401
    assert f"{path}revoke/" not in html_of(admin.get(path))
    history = text_of(admin.get(f"{ACCOUNTS}{lab.id}/"))
    assert history.count("Key revoked: december") == 1


def test_the_keys_of_a_disabled_account_are_refused_until_it_is_enabled(admin: Client, lab: ServiceAccount) -> None:
    token, path = make_key(admin, lab), f"{ACCOUNTS}{lab.id}/"
    admin.post(f"{path}disable/", {"key": "disable"})
    assert (status_with(token), "Disabled" in text_of(admin.get(ACCOUNTS))) == (401, True)
    admin.post(f"{path}enable/", {"key": "enable"})
    assert status_with(token) == 200


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"networks": "192.0.2.7/24"}, "Must end with the zeros of a network"),
        ({"expires_at": "2999-01-01"}, "Must be within the next 366 days."),
        ({"expires_at": "0001-01-01"}, "Must be"),
        ({"permissions": "users.manage"}, "Select a valid choice."),
    ],
)
def test_a_refused_key_keeps_the_input_and_says_why(
    admin: Client, lab: ServiceAccount, form: dict[str, str], said: str
) -> None:
    typed = {"key": "key", "name": "typed-name", "networks": "192.0.2.0/24", **form}
    page = admin.post(f"{ACCOUNTS}{lab.id}/keys/new/", typed)
    assert (page.status_code, said in text_of(page)) == (400, True)
    assert f'value="{typed["name"]}"' in html_of(page) or not typed["name"]
    assert f"{typed['networks']}</textarea>" in html_of(page)


def test_an_account_has_room_for_a_key_and_its_replacement(admin: Client, lab: ServiceAccount) -> None:
    for name in ("november", "december"):
        make_key(admin, lab, name=name)
    page = admin.post(f"{ACCOUNTS}{lab.id}/keys/new/", {"key": "third", "name": "january"})
    assert (page.status_code, "already has two active keys" in text_of(page)) == (400, True)
    assert "There is no room for another key" in text_of(admin.get(f"{ACCOUNTS}{lab.id}/"))


def test_the_list_of_service_accounts_is_paged(
    admin: Client, lab: ServiceAccount, registry: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.create_service_account()(actor=SETUP, name="ward-screen", role=Role.READER)
    monkeypatch.setattr("adapters.web.console.accounts.service_accounts.PER_PAGE", 1)
    first = admin.get(ACCOUNTS)
    [following] = re.findall('rel="next" href="([^"]*)"', html_of(first))
    assert ("ward-screen" in text_of(first), lab.name in text_of(first)) == (True, False)
    assert lab.name in text_of(admin.get(ACCOUNTS + following))
