from datetime import timedelta

import pytest
import time_machine

from bootstrap import Container
from core.accounts.entities import User
from core.accounts.errors import ResetCodeRefused, TokenRefused, UserDisabled, WrongCredentials
from core.accounts.sessions import TokenPair
from core.errors import Forbidden, TooManyRequests, ValidationError
from core.ports import RateLimitScope
from tests.fakes import ADMIN, CLERK
from tests.unit.accounts.conftest import PASSWORD, Strict

NEW = "battery staple"


@pytest.fixture
def code(registry: Container, ada: User) -> str:
    return registry.issue_password_reset()(actor=ADMIN, user_id=ada.id)[1]


def is_refused(registry: Container, code: str) -> bool:
    try:
        registry.reset_password()(code=code, password=NEW)
    except ResetCodeRefused:
        return True
    return False


def test_a_code_sets_a_password_that_need_not_be_changed(registry: Container, ada: User, code: str) -> None:
    registry.reset_password()(code=code, password=NEW)
    with pytest.raises(WrongCredentials):
        registry.sign_in()(email=ada.email, password=PASSWORD)
    assert registry.sign_in()(email=ada.email, password=NEW)
    assert not registry.users().get(ada.id).must_change_password


def test_using_a_code_ends_every_session(registry: Container, pair: TokenPair, code: str) -> None:
    assert registry.authenticate()(access=pair.access, request_id="")
    registry.reset_password()(code=code, password=NEW)
    with pytest.raises(TokenRefused):
        registry.authenticate()(access=pair.access, request_id="")
    with pytest.raises(TokenRefused):
        registry.refresh_session()(refresh=pair.refresh)


def test_a_code_works_once(registry: Container, code: str) -> None:
    assert not is_refused(registry, code)
    assert is_refused(registry, code)


def test_a_code_works_for_an_hour(registry: Container, code: str, time: time_machine.Traveller) -> None:
    time.shift(timedelta(hours=1))
    assert is_refused(registry, code)
    time.shift(timedelta(seconds=-1))
    assert not is_refused(registry, code)


def test_a_newer_code_replaces_the_previous_one(registry: Container, ada: User, code: str) -> None:
    _, newer = registry.issue_password_reset()(actor=ADMIN, user_id=ada.id)
    assert is_refused(registry, code)
    assert not is_refused(registry, newer)


def test_setting_a_password_invalidates_the_code(registry: Container, ada: User, code: str) -> None:
    registry.set_password()(actor=ADMIN, user_id=ada.id, password="horse battery correct")
    assert is_refused(registry, code)


def test_a_disabled_user_gets_no_code_and_can_use_none(registry: Container, ada: User, code: str) -> None:
    registry.update_user()(actor=ADMIN, user_id=ada.id, is_active=False)
    assert is_refused(registry, code)
    with pytest.raises(UserDisabled):
        registry.issue_password_reset()(actor=ADMIN, user_id=ada.id)
    registry.update_user()(actor=ADMIN, user_id=ada.id, is_active=True)
    assert is_refused(registry, code)


def test_a_code_can_be_typed_as_it_is_read_out(registry: Container, code: str) -> None:
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert not is_refused(registry, typed)


@pytest.mark.parametrize("wrong", ["", "0" * 20, "0" * 19, "U" * 20, "0" * 5000, "٠" * 20])
def test_without_a_valid_code_the_password_is_not_checked(registry: Container, code: str, wrong: str) -> None:
    with pytest.raises((ResetCodeRefused, ValidationError)) as refused:
        registry.reset_password()(code=wrong, password="short")
    if isinstance(refused.value, ValidationError):
        assert [error.field for error in refused.value.errors] == ["code"]
    assert not is_refused(registry, code)


def test_an_unacceptable_password_leaves_the_code_valid(registry: Container, code: str) -> None:
    for unfit in ("short", "password123", "ada@example.org"):
        with pytest.raises(ValidationError):
            registry.reset_password()(code=code, password=unfit)
    assert not is_refused(registry, code)


def test_a_code_is_stored_as_a_digest_only(registry: Container, code: str) -> None:
    (reset,) = registry.store().password_resets.values()
    assert code not in str(vars(registry.store()))
    assert code.replace("-", "") not in str(vars(registry.store()))
    assert reset.digest not in repr(reset)


def test_attempts_with_codes_are_limited_per_address(registry: Container, code: str, strict: Strict) -> None:
    for host in (1, 2):
        with pytest.raises(ResetCodeRefused):
            registry.reset_password()(code="0" * 20, password=NEW, address=f"2001:db8::{host}")
    with pytest.raises(TooManyRequests):
        registry.reset_password()(code=code, password=NEW, address="2001:db8::3")
    assert (RateLimitScope.SIGN_IN_ADDRESS, "2001:db8::/56") in strict.calls
    registry.reset_password()(code=code, password=NEW, address="192.0.2.1")


def test_codes_their_use_and_refused_ones_are_recorded(registry: Container, ada: User, code: str) -> None:
    registry.reset_password()(code=code, password=NEW, address="192.0.2.1", request_id="request-1")
    assert is_refused(registry, code)
    events = registry.view_account_history()(actor=ADMIN, account_id=ada.id).items[:2]
    me = f"user:{ada.id}"
    assert [(event.action, event.actor) for event in events] == [("password_reset", me), ("reset_issued", ADMIN.name)]
    refused, used = registry.list_accesses()(actor=ADMIN, filters={}).entries[:2]
    assert (used.action, used.actor, used.address, used.request_id) == ("password_reset", me, "192.0.2.1", "request-1")
    assert (refused.action, refused.actor) == ("reset_refused", "anonymous")


def test_codes_require_permission_to_manage_users(registry: Container, ada: User) -> None:
    with pytest.raises(Forbidden):
        registry.issue_password_reset()(actor=CLERK, user_id=ada.id)
