from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from bootstrap import Container
from core.access import Role
from core.accounts.entities import User
from core.accounts.errors import TokenRefused, WrongCredentials
from core.accounts.sessions import TokenPair
from core.errors import RegistryError, ValidationError
from tests.unit.accounts.conftest import PASSWORD


def test_the_right_password_returns_its_user(registry: Container, ada: User) -> None:
    pair = registry.sign_in()(email=" ADA@Example.org ", password=PASSWORD)
    signed_in = registry.authenticate()(access=pair.access, request_id="request-1")
    assert signed_in.account == ada
    assert (signed_in.actor.name, signed_in.actor.request_id) == (f"user:{ada.id}", "request-1")
    assert signed_in.actor.permissions == Role.CLERK.permissions


def test_a_wrong_password_an_unknown_email_and_a_disabled_user_get_the_same_error(
    registry: Container, ada: User, becomes: Callable[..., None]
) -> None:
    def refusal(email: str, password: str) -> tuple[type[RegistryError], str]:
        with pytest.raises(WrongCredentials) as refused:
            registry.sign_in()(email=email, password=password)
        return type(refused.value), str(refused.value)

    wrong = refusal(ada.email, PASSWORD.upper())
    unknown = refusal("eve@example.org", PASSWORD)
    becomes(is_active=False)
    assert wrong == unknown == refusal(ada.email, PASSWORD)
    assert registry.store().refresh_families == {}


@pytest.mark.parametrize(("email", "password", "fields"), [(5, None, ["email", "password"]), ("ada", "x", ["email"])])
def test_credentials_must_be_an_email_and_a_string(
    registry: Container, email: str, password: str, fields: list[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        registry.sign_in()(email=email, password=password)
    assert [error.field for error in refused.value.errors] == fields


def test_an_access_token_lasts_ten_minutes(registry: Container, pair: TokenPair, time: time_machine.Traveller) -> None:
    time.shift(timedelta(minutes=10) - timedelta(seconds=1))
    registry.authenticate()(access=pair.access, request_id="request-1")
    time.shift(timedelta(seconds=1))
    with pytest.raises(TokenRefused):
        registry.authenticate()(access=pair.access, request_id="request-1")


def test_a_role_change_applies_immediately(registry: Container, pair: TokenPair, becomes: Callable[..., None]) -> None:
    for role in Role:
        becomes(role=role)
        signed_in = registry.authenticate()(access=pair.access, request_id="request-1")
        assert signed_in.actor.permissions == role.permissions


def test_a_disabled_user_is_refused_immediately(
    registry: Container, pair: TokenPair, becomes: Callable[..., None]
) -> None:
    becomes(is_active=False)
    with pytest.raises(TokenRefused):
        registry.authenticate()(access=pair.access, request_id="request-1")
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=pair.refresh)


def test_a_removed_user_is_refused_immediately(registry: Container, pair: TokenPair) -> None:
    registry.store().users.clear()
    with pytest.raises(TokenRefused):
        registry.authenticate()(access=pair.access, request_id="request-1")
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=pair.refresh)


def test_repr_hides_passwords_and_tokens(registry: Container, ada: User, pair: TokenPair) -> None:
    assert pair.access not in repr(pair)
    assert pair.refresh not in repr(pair)
    assert PASSWORD not in "".join(registry.store().passwords.values())
