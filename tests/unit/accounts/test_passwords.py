import sys
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from attrs import frozen
from dependency_injector.providers import Object

from adapters.in_memory.accounts import InMemoryUserRepository
from bootstrap import Container
from core.access import Actor, Role
from core.accounts.entities import User
from core.accounts.errors import PasswordChangeRequired, TokenRefused, WrongCredentials
from core.accounts.passwords import parse_new_password
from core.accounts.sessions import Principal, TokenPair
from core.accounts.use_cases import PurgeExpired
from core.errors import Forbidden, InvalidValue, TooManyRequests, ValidationError
from core.ports import RateLimitScope
from tests.contracts.examples import together
from tests.fakes import ADMIN
from tests.unit.accounts.conftest import PASSWORD, Strict

NEW = "battery staple"
LONG = "correct horse battery staple "


def error(registry: Container, password: str) -> str | None:
    try:
        registry.create_user()(actor=ADMIN, email="margaret.hamilton@example.org", password=password, role="reader")
    except ValidationError as refused:
        (found,) = refused.errors
        assert found.field == "password"
        return found.code
    return None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kV9!pQ2#z", "length"),
        ("kV9!pQ2#zx", None),
        ((LONG * 9)[:256], None),
        ((LONG * 9)[:257], "length"),
        ("\ud800" * 10, "characters"),
    ],
)
def test_a_password_has_10_to_256_characters(registry: Container, password: str, code: str | None) -> None:
    assert error(registry, password) == code


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "xxxxxxxxxxxx",
        "qwertyuiop",
        "1234567890",
        "hamilton2026",
        "welcome2clinic",
        "margaret.hamilton",
        "x" * 256,
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(registry: Container, password: str) -> None:
    assert error(registry, password) == "guessable"


def test_any_text_that_is_hard_to_guess_is_accepted(registry: Container) -> None:
    for number, password in enumerate(["über den Wolken", "дорога домой зимой", "registry-demo"]):
        email = f"u{number}@example.org"
        registry.create_user()(actor=ADMIN, email=email, password=password, role="reader")
        assert registry.sign_in()(email=email, password=password)


def ended(registry: Container, pair: TokenPair) -> bool:
    try:
        registry.authenticate()(access=pair.access, request_id="request-1")
    except TokenRefused:
        with pytest.raises(TokenRefused):
            registry.refresh_session()(refresh=pair.refresh)
        return True
    return False


def test_setting_a_password_ends_every_session(registry: Container, ada: User, pair: TokenPair) -> None:
    registry.set_password()(actor=Actor.system("tests"), user_id=ada.id, password=NEW)
    assert ended(registry, pair)
    with pytest.raises(WrongCredentials):
        registry.sign_in()(email=ada.email, password=PASSWORD)
    assert not ended(registry, registry.sign_in()(email=ada.email, password=NEW))


def test_a_session_ends_with_the_password_it_was_started_with(registry: Container, ada: User) -> None:
    verified = registry.verify_password()(email=ada.email, password=PASSWORD)
    registry.set_password()(actor=ADMIN, user_id=ada.id, password=NEW)
    assert ended(registry, registry.sessions().start(verified, ""))


@pytest.mark.parametrize("password", ["short", "password123", None])
def test_an_unacceptable_password_changes_nothing(
    registry: Container, ada: User, pair: TokenPair, password: str
) -> None:
    with pytest.raises(ValidationError):
        registry.set_password()(actor=ADMIN, user_id=ada.id, password=password)
    assert not ended(registry, pair)
    registry.sign_in()(email=ada.email, password=PASSWORD)


def me(registry: Container, pair: TokenPair, address: str = "") -> Principal:
    return registry.authenticate()(access=pair.access, request_id="request-1", address=address)


def test_changing_the_own_password_leaves_only_a_new_session(registry: Container, ada: User, pair: TokenPair) -> None:
    newer = registry.change_own_password()(principal=me(registry, pair), current=PASSWORD, password=NEW)
    assert ended(registry, pair)
    assert not ended(registry, newer)
    event = registry.view_account_history()(actor=ADMIN, account_id=ada.id).items[0]
    assert (event.action, event.actor) == ("password_changed", f"user:{ada.id}")


def test_changing_the_own_password_requires_the_current_one(registry: Container, ada: User, pair: TokenPair) -> None:
    for current, password, fields in [
        ("wrong password", NEW, ["current"]),
        (None, "short", ["current"]),
        (PASSWORD, "short", ["password"]),
        (PASSWORD, ada.email, ["password"]),
    ]:
        with pytest.raises(ValidationError) as refused:
            registry.change_own_password()(principal=me(registry, pair), current=current, password=password)
        assert [one.field for one in refused.value.errors] == fields
    assert not ended(registry, pair)


@frozen
class Hashing(InMemoryUserRepository):
    """Something happens while a password is being hashed, which takes long."""

    meanwhile: Callable[[], object]

    def hash(self, password: str) -> str:
        self.meanwhile()
        return super().hash(password)


def test_a_password_set_by_an_admin_in_the_meantime_is_kept(registry: Container, ada: User, pair: TokenPair) -> None:
    signed_in, theirs = me(registry, pair), "horse battery correct"
    set_password = registry.set_password()
    slow = Hashing(registry.store(), lambda: set_password(actor=ADMIN, user_id=ada.id, password=theirs))
    registry.users.override(Object(slow))
    for provider in (registry.passwords, registry.password_verifier, registry.change_own_password):
        provider.reset()
    with pytest.raises(TokenRefused):
        registry.change_own_password()(principal=signed_in, current=PASSWORD, password=NEW)
    registry.sign_in()(email=ada.email, password=theirs)


def test_passwords_are_judged_by_their_own_users_email_when_many_are_judged_at_once(registry: Container) -> None:
    def judge(number: int) -> set[str | None]:
        name = f"xaviermontgomery.{number}"
        codes: set[str | None] = set()
        for _ in range(20):
            with pytest.raises(InvalidValue) as refused:
                parse_new_password(name, f"{name}@clinic.example")
            codes.add(refused.value.code)
        return codes

    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    try:
        assert together(4, judge) == [{"guessable"}] * 4
    finally:
        sys.setswitchinterval(interval)


def test_a_service_account_has_no_password(registry: Container) -> None:
    account = registry.create_service_account()(actor=ADMIN, name="lab", role="admin")
    signed_in = Principal(account, Actor.service("lab", Role.ADMIN.permissions, "request-1"))
    with pytest.raises(Forbidden):
        registry.change_own_password()(principal=signed_in, current=PASSWORD, password=NEW)


def test_attempts_with_passwords_are_limited_per_address(registry: Container, ada: User, strict: Strict) -> None:
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            registry.sign_in()(email=" ADA@example.org", password="wrong password", address="192.0.2.1")
    for operation in (registry.sign_in(), registry.verify_password()):
        with pytest.raises(TooManyRequests):
            operation(email=ada.email, password=PASSWORD, address="192.0.2.1")
    registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.2")


def test_attempts_are_limited_per_address_and_per_email(registry: Container, ada: User, strict: Strict) -> None:
    for number in range(3):
        with pytest.raises(WrongCredentials):
            registry.sign_in()(email=f"u{number}@example.org", password=PASSWORD, address="2001:db8::1")
    for number in range(4):
        with pytest.raises(WrongCredentials):
            registry.sign_in()(email=ada.email, password="wrong password", address=f"192.0.2.{number}")
    with pytest.raises(TooManyRequests):
        registry.sign_in()(email="eve@example.org", password=PASSWORD, address="2001:db8:0:ff::2")
    with pytest.raises(TooManyRequests):
        registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.9")


def test_an_owner_signs_in_from_a_known_address_while_others_guess_elsewhere(
    registry: Container, ada: User, strict: Strict
) -> None:
    pair = registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.1")
    for number in range(10):
        with pytest.raises((WrongCredentials, TooManyRequests)):
            registry.sign_in()(email=ada.email, password="wrong password", address=f"192.0.2.{10 + number // 3}")
    for _ in range(3):
        pair = registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.1")
    here = me(registry, pair, address="192.0.2.1")
    registry.change_own_password()(principal=here, current=PASSWORD, password=NEW)
    with pytest.raises(TooManyRequests):
        registry.sign_in()(email=ada.email, password=NEW, address="192.0.2.1")
    assert strict.calls[-1] == (RateLimitScope.SIGN_IN_KNOWN, f"192.0.2.1 {ada.email}")


def test_few_unknown_sign_ins_are_checked_at_once_and_known_ones_separately(
    registry: Container, ada: User, strict: Strict
) -> None:
    registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.1")
    releases = [registry.password_checks().acquire("") for _ in range(2)]
    with pytest.raises(TooManyRequests, match="under way"):
        registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.9")
    assert (RateLimitScope.SIGN_IN, f"192.0.2.9 {ada.email}") not in strict.calls
    registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.1")
    releases[0]()
    registry.sign_in()(email=ada.email, password=PASSWORD, address="192.0.2.9")


def test_purging_continues_until_nothing_is_left(
    registry: Container, ada: User, pair: TokenPair, time: time_machine.Traveller
) -> None:
    for _ in range(4):
        registry.sign_in()(email=ada.email, password=PASSWORD)
    time.shift(timedelta(days=16))
    purge = PurgeExpired(registry.families(), registry.service_accounts(), registry.clock(), batch_size=2)
    assert purge(actor=ADMIN).families == 5


def test_purging_removes_only_what_has_ended(
    registry: Container, ada: User, pair: TokenPair, time: time_machine.Traveller
) -> None:
    purge, make = registry.purge_expired(), registry.create_service_key()
    account = registry.create_service_account()(actor=ADMIN, name="lab", role="clerk")
    key, _ = make(actor=ADMIN, account_id=account.id, name="first")
    registry.revoke_service_key()(actor=ADMIN, account_id=account.id, key_id=key.id)
    time.shift(timedelta(days=15))
    assert (purge(actor=ADMIN).families, purge(actor=ADMIN).keys) == (0, 0)
    time.shift(timedelta(seconds=1))
    assert purge(actor=ADMIN).families == 1
    time.shift(timedelta(days=15))
    registry.sign_in()(email=ada.email, password=PASSWORD)
    purged = purge(actor=ADMIN)
    assert (purged.families, purged.keys) == (0, 1)
    assert registry.service_accounts().get(account.id).keys == ()


def test_a_password_is_the_same_in_every_unicode_form(registry: Container, pair: TokenPair, ada: User) -> None:
    composed, typed = "caf\u00e9 au lait \ufb01n", "cafe\u0301 au lait fin"
    registry.change_own_password()(principal=me(registry, pair), current=PASSWORD, password=composed)
    pair = registry.sign_in()(email=ada.email, password=typed)
    with pytest.raises(ValidationError) as refused:
        registry.change_own_password()(principal=me(registry, pair), current=composed, password=typed)
    assert [(error.field, error.code) for error in refused.value.errors] == [("password", "unchanged")]
    registry.set_password()(actor=ADMIN, user_id=ada.id, password=typed)
    registry.sign_in()(email=ada.email, password=composed)
    eve = {"email": "eve@example.org", "password": composed}
    registry.create_user()(actor=ADMIN, role=Role.CLERK, email=eve["email"], password=composed)
    registry.sign_in()(**eve | {"password": typed})


def test_a_password_that_another_user_chose_has_to_be_changed_first(registry: Container, ada: User) -> None:
    boss = Actor.user(uuid4(), Role.ADMIN, "request-1")
    registry.set_password()(actor=boss, user_id=ada.id, password=NEW)
    eve = registry.create_user()(actor=boss, email="eve@example.org", password=NEW, role=Role.CLERK)
    for user in (ada, eve):
        pair = registry.sign_in()(email=user.email, password=NEW)
        with pytest.raises(PasswordChangeRequired):
            registry.authenticate()(access=pair.access, request_id="request-1")
        signed_in = registry.authenticate()(access=pair.access, request_id="request-1", before_password_change=True)
        with pytest.raises(ValidationError):
            registry.change_own_password()(principal=signed_in, current=NEW, password=NEW)
        pair = registry.change_own_password()(principal=signed_in, current=NEW, password=PASSWORD)
        assert registry.authenticate()(access=pair.access, request_id="request-1").account.id == user.id
