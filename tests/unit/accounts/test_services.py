from datetime import datetime, timedelta

import pytest
import time_machine

from bootstrap import Container
from core.access import Role
from core.accounts.audit import AccountAction
from core.accounts.errors import (
    ServiceAccountNotFound,
    ServiceKeyNotFound,
    ServiceNameTaken,
    TokenRefused,
    TooManyKeys,
)
from core.accounts.service_accounts import ServiceAccount
from core.errors import Forbidden, ValidationError
from tests.fakes import ADMIN, CLERK, NOW
from tests.strategies import uuid7
from tests.unit.accounts.conftest import PASSWORD


@pytest.fixture
def lab(registry: Container) -> ServiceAccount:
    return registry.create_service_account()(actor=ADMIN, name="lab-import", role="clerk")


def refused(registry: Container, token: str) -> bool:
    try:
        registry.authenticate()(access=token, request_id="request-1")
    except TokenRefused:
        return True
    return False


def test_a_service_account_acts_under_its_name_and_in_its_role(registry: Container, lab: ServiceAccount) -> None:
    key, token = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="first")
    account = registry.view_service_account()(actor=ADMIN, account_id=lab.id)
    signed_in = registry.authenticate()(access=token, request_id="request-1")
    assert (signed_in.actor.name, signed_in.actor.request_id) == ("service:lab-import", "request-1")
    assert signed_in.actor.permissions == Role.CLERK.permissions
    assert signed_in.account == account
    assert key.expires_at == NOW + timedelta(days=90)


def test_a_key_is_stored_as_a_digest_only(registry: Container, lab: ServiceAccount) -> None:
    key, token = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="first")
    _, _, secret = token.split("_", 2)
    assert token.startswith(f"prk_{key.id.hex}_")
    assert key.digest != secret
    assert secret not in str([vars(registry.store())])
    assert key.digest not in repr(registry.service_accounts().get(lab.id))


def test_only_the_exact_key_authenticates(registry: Container, lab: ServiceAccount) -> None:
    make = registry.create_service_key()
    (_, first), (_, second) = (make(actor=ADMIN, account_id=lab.id, name=name) for name in ("first", "second"))
    (_, key_id, secret), (_, _, other) = first.split("_", 2), second.split("_", 2)
    mixed, unknown = f"prk_{key_id}_{other}", f"prk_{uuid7(NOW, 99).hex}_{secret}"
    for wrong in (mixed, unknown, first[:-1], first + "x", first.upper(), "prk_", "prk__", f"{first}\n"):
        assert refused(registry, wrong)
    assert not refused(registry, first)


def test_a_key_tells_to_the_hour_when_it_was_used(
    registry: Container, lab: ServiceAccount, time: time_machine.Traveller
) -> None:
    _, token = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="december")

    def last_used() -> datetime | None:
        return registry.view_service_account()(actor=ADMIN, account_id=lab.id).keys[0].last_used_at

    assert refused(registry, f"{token[:-1]}_")
    assert last_used() is None
    for later, stored in ((0, 0), (59, 0), (60, 60), (61, 60), (300, 300)):
        time.move_to(NOW + timedelta(minutes=later))
        assert not refused(registry, token)
        assert last_used() == NOW + timedelta(minutes=stored)


def test_a_key_expires_at_the_given_time(
    registry: Container, lab: ServiceAccount, time: time_machine.Traveller
) -> None:
    make = registry.create_service_key()
    _, usual = make(actor=ADMIN, account_id=lab.id, name="usual")
    _, short = make(actor=ADMIN, account_id=lab.id, name="short", expires_at=NOW + timedelta(days=1))
    time.shift(timedelta(days=1) - timedelta(seconds=1))
    assert not refused(registry, short)
    time.shift(timedelta(seconds=1))
    assert refused(registry, short)
    time.shift(timedelta(days=89) - timedelta(seconds=1))
    assert not refused(registry, usual)
    time.shift(timedelta(seconds=1))
    assert refused(registry, usual)


@pytest.mark.parametrize(
    ("span", "taken"),
    [
        (timedelta(seconds=1), True),
        (timedelta(days=366), True),
        (timedelta(days=366, seconds=1), False),
        (timedelta(0), False),
        (timedelta(days=-1), False),
    ],
)
def test_a_key_lasts_366_days_at_most(registry: Container, lab: ServiceAccount, span: timedelta, taken: bool) -> None:
    make = registry.create_service_key()
    if taken:
        assert make(actor=ADMIN, account_id=lab.id, name="key", expires_at=NOW + span)[0].expires_at == NOW + span
    else:
        with pytest.raises(ValidationError) as invalid:
            make(actor=ADMIN, account_id=lab.id, name=" ", expires_at=NOW + span)
        assert {(error.field, error.code) for error in invalid.value.errors} == {
            ("name", "blank"),
            ("expires_at", "range"),
        }


def test_two_keys_are_valid_at_once_for_rotation(
    registry: Container, lab: ServiceAccount, time: time_machine.Traveller
) -> None:
    make, revoke = registry.create_service_key(), registry.revoke_service_key()
    first, first_token = make(actor=ADMIN, account_id=lab.id, name="first")
    _, second_token = make(actor=ADMIN, account_id=lab.id, name="second", expires_at=NOW + timedelta(days=1))
    with pytest.raises(TooManyKeys):
        make(actor=ADMIN, account_id=lab.id, name="third")
    assert not refused(registry, first_token)
    revoke(actor=ADMIN, account_id=lab.id, key_id=first.id)
    assert refused(registry, first_token)
    assert not refused(registry, second_token)
    make(actor=ADMIN, account_id=lab.id, name="third")
    time.shift(timedelta(days=1))
    make(actor=ADMIN, account_id=lab.id, name="fourth, as the second has expired")


def test_revoking_twice_is_harmless_and_recorded_once(registry: Container, lab: ServiceAccount) -> None:
    key, _ = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="first")
    for _ in range(2):
        registry.revoke_service_key()(actor=ADMIN, account_id=lab.id, key_id=key.id)
    events = registry.view_account_history()(actor=ADMIN, account_id=lab.id).items
    details = {"key_id": str(key.id), "name": "first"}
    assert [(event.action, dict(event.details)) for event in events] == [
        (AccountAction.KEY_REVOKED, details),
        (AccountAction.KEY_CREATED, details),
        (AccountAction.CREATED, {"role": "clerk"}),
    ]


def test_disabling_or_demoting_a_service_account_applies_immediately(registry: Container, lab: ServiceAccount) -> None:
    _, token = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="first")
    update = registry.update_service_account()
    update(actor=ADMIN, account_id=lab.id, role="reader")
    signed_in = registry.authenticate()(access=token, request_id="request-1")
    assert signed_in.actor.permissions == Role.READER.permissions
    update(actor=ADMIN, account_id=lab.id, is_active=False)
    assert refused(registry, token)
    assert update(actor=ADMIN, account_id=lab.id).is_active is False
    assert len(registry.view_account_history()(actor=ADMIN, account_id=lab.id).items) == 4


def test_a_service_account_does_not_count_as_the_last_admin(registry: Container, lab: ServiceAccount) -> None:
    update = registry.update_service_account()
    update(actor=ADMIN, account_id=lab.id, role="admin")
    assert update(actor=ADMIN, account_id=lab.id, is_active=False).is_active is False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("lab", None),
        ("l" * 50, None),
        ("la", "name"),
        ("l" * 51, "name"),
        ("Lab-import", "name"),
        ("-lab", "name"),
        ("lab-", "name"),
        ("lab\n", "name"),
        ("läb", "name"),
        ("lab import", "name"),
        (5, "type"),
    ],
)
def test_a_name_fits_into_the_audit_trail(registry: Container, name: str, code: str | None) -> None:
    create = registry.create_service_account()
    if code is None:
        assert create(actor=ADMIN, name=name, role="reader").name == name
    else:
        with pytest.raises(ValidationError) as invalid:
            create(actor=ADMIN, name=name, role="boss")
        assert [(error.field, error.code) for error in invalid.value.errors] == [("name", code), ("role", "choice")]


def test_a_name_is_never_reused(registry: Container, lab: ServiceAccount) -> None:
    registry.update_service_account()(actor=ADMIN, account_id=lab.id, is_active=False)
    with pytest.raises(ServiceNameTaken):
        registry.create_service_account()(actor=ADMIN, name=lab.name, role="reader")
    assert registry.list_service_accounts()(actor=ADMIN, name=lab.name).items[0].id == lab.id


def test_unknown_accounts_and_keys_are_not_found(registry: Container, lab: ServiceAccount) -> None:
    nobody = uuid7(NOW, 99)
    with pytest.raises(ServiceAccountNotFound):
        registry.create_service_key()(actor=ADMIN, account_id=nobody, name="first")
    with pytest.raises(ServiceKeyNotFound):
        registry.revoke_service_key()(actor=ADMIN, account_id=lab.id, key_id=nobody)


def test_clerks_cannot_manage_service_accounts(registry: Container, lab: ServiceAccount) -> None:
    for forbidden in (
        lambda: registry.create_service_account()(actor=CLERK, name="lab", role="admin"),
        lambda: registry.list_service_accounts()(actor=CLERK),
        lambda: registry.view_service_account()(actor=CLERK, account_id=lab.id),
        lambda: registry.update_service_account()(actor=CLERK, account_id=lab.id, role="admin"),
        lambda: registry.create_service_key()(actor=CLERK, account_id=lab.id, name=PASSWORD),
        lambda: registry.revoke_service_key()(actor=CLERK, account_id=lab.id, key_id=lab.id),
    ):
        with pytest.raises(Forbidden):
            forbidden()
