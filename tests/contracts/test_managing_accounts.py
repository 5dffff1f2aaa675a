from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from uuid import uuid4

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.access import Permission, Role
from core.accounts.audit import AccountAction
from core.accounts.errors import ServiceAccountNotFound, ServiceNameTaken, UserNotFound
from core.accounts.key_limits import Network
from core.accounts.password_resets import PasswordReset
from core.accounts.sessions import RefreshFamily
from core.ports import TransactionRequired
from tests import strategies
from tests.contracts.conftest import Fresh, some
from tests.contracts.examples import account_event, service, service_key, user
from tests.fakes import NOW
from tests.strategies import uuid7

DAY = timedelta(days=1)


def add_users(registry: Container, *numbers: int, **changes: object) -> None:
    for number in numbers:
        registry.users().add(user(number, **changes), "hashed")


def test_replacing_a_user_keeps_the_password_or_sets_a_new_one(registry: Container) -> None:
    users = registry.users()
    users.add(user(), users.hash("correct horse"))
    add_users(registry, 2)
    changed = user(role=Role.ADMIN, session_epoch=2)
    users.replace(changed)
    assert users.get(user().id) == users.verify(user().email, "correct horse") == changed
    users.replace(evolve(changed, session_epoch=3), users.hash("battery staple"))
    assert users.verify(user().email, "correct horse") is None
    assert users.verify(user().email, "battery staple") == evolve(changed, session_epoch=3)
    assert users.get(user(2).id) == user(2)


def test_locking_a_user_requires_a_transaction(registry: Container) -> None:
    users = registry.users()
    add_users(registry, 1)
    assert registry.atomic()(lambda: users.lock(user().id)) == user()
    with pytest.raises(UserNotFound):
        registry.atomic()(lambda: users.lock(uuid4()))
    with pytest.raises(TransactionRequired):
        users.lock(user().id)
    with pytest.raises(TransactionRequired):
        users.lock_active_admins()


def test_lock_active_admins_returns_only_active_admins(registry: Container) -> None:
    add_users(registry, 1, 2, role=Role.ADMIN)
    add_users(registry, 3)
    add_users(registry, 4, role=Role.ADMIN, is_active=False)
    assert registry.atomic()(registry.users().lock_active_admins) == {user(1).id, user(2).id}


def test_users_are_filtered_and_listed_newest_first(registry: Container) -> None:
    find = registry.users().find
    add_users(registry, 1, 2)
    add_users(registry, 3, role=Role.ADMIN)
    add_users(registry, 4, is_active=False)

    def found(**given: object) -> list[int]:
        filters = {"email": None, "role": None, "is_active": None, "after": None, "limit": 9} | given
        numbers = {user(number).id: number for number in range(1, 5)}
        return [numbers[one.id] for one in find(**filters).items]  # type: ignore[arg-type]  # the test knows the types

    assert found() == [4, 3, 2, 1]
    assert found(is_active=True) == [3, 2, 1]
    assert found(is_active=False) == [4]
    assert found(role=Role.CLERK) == [4, 2, 1]
    assert found(role=Role.CLERK, is_active=True) == [2, 1]
    assert found(email=user(2).email) == [2]
    assert found(email=user(2).email, role=Role.ADMIN) == []
    first = find(email=None, role=Role.CLERK, is_active=None, after=None, limit=2)
    assert (first.items, first.next) == ((user(4, is_active=False), user(2)), user(2).id)
    rest = find(email=None, role=Role.CLERK, is_active=None, after=first.next, limit=2)
    assert (rest.items, rest.next) == ((user(1),), None)


def test_a_password_reset_is_found_by_its_digest_until_another_one_replaces_it(registry: Container) -> None:
    resets = registry.password_resets()
    add_users(registry, 1, 2)
    first, newer, other = (
        PasswordReset(
            user_id=user(number).id, role=role, session_epoch=epoch, digest=digest * 64, expires_at=NOW + epoch * DAY
        )
        for number, role, epoch, digest in ((1, Role.READER, 1, "a"), (1, Role.CLERK, 2, "b"), (2, Role.ADMIN, 1, "c"))
    )
    resets.save(first)
    resets.save(other)
    assert resets.find(first.digest) == first
    resets.save(newer)
    assert [resets.find(one.digest) for one in (first, newer, other)] == [None, newer, other]


@some
@given(
    role=st.sampled_from(Role),
    active=st.booleans(),
    at=strategies.instants(),
    revoked=st.booleans(),
    network=st.from_type(IPv4Network) | st.from_type(IPv6Network),
)
def test_get_returns_every_field_of_a_service_account_and_its_keys(
    fresh: Fresh, role: Role, active: bool, at: datetime, revoked: bool, network: Network
) -> None:
    services = fresh().service_accounts()
    limits = {"networks": (network, IPv6Network("2001:db8::/48")), "permissions": (Permission.VIEW_PATIENTS,)}
    keys = (service_key(1, revoked_at=at if revoked else None), service_key(2, expires_at=at, **limits))
    added = service(role=role, is_active=active, created_at=at, keys=keys)
    services.add(added)
    services.add(service(2, keys=(service_key(3),)))
    assert services.get(added.id) == services.get_by_key(keys[1].id) == added
    assert services.get_by_key(service_key(9).id) is None


def test_a_service_account_is_replaced_with_its_keys(registry: Container) -> None:
    services = registry.service_accounts()
    services.add(service(1, keys=(service_key(1),)))
    services.add(service(2, keys=(service_key(2),)))
    revoked = service_key(1, revoked_at=NOW)
    changed = service(1, role=Role.READER, is_active=False, keys=(revoked, service_key(3)))
    services.replace(changed)
    assert services.get(service(1).id) == changed
    assert services.get(service(2).id) == service(2, keys=(service_key(2),))


def test_replacing_an_account_keeps_when_its_keys_were_used(registry: Container) -> None:
    services = registry.service_accounts()
    services.add(service(keys=(service_key(1), service_key(2))))
    services.mark_used(service_key(1).id, NOW)
    services.mark_used(service_key(2).id, NOW - DAY)
    services.mark_used(service_key(2).id, NOW)
    services.mark_used(service_key(9).id, NOW)  # is gone

    def revoke() -> None:
        account = services.lock(service().id)
        services.replace(account.with_key_revoked(service_key(2).id, NOW))

    registry.atomic()(revoke)
    used, revoked = service_key(1, last_used_at=NOW), service_key(2, last_used_at=NOW, revoked_at=NOW)
    assert services.get(service().id).keys == (used, revoked)


def test_a_name_is_unique_among_service_accounts(registry: Container) -> None:
    services = registry.service_accounts()
    services.add(service(1))
    with pytest.raises(ServiceNameTaken):
        services.add(service(2, name=service(1).name))
    with pytest.raises(ServiceAccountNotFound):
        services.get(service(2).id)


def test_locking_a_service_account_requires_a_transaction(registry: Container) -> None:
    services = registry.service_accounts()
    services.add(service(keys=(service_key(),)))
    assert registry.atomic()(lambda: services.lock(service().id)) == service(keys=(service_key(),))
    with pytest.raises(ServiceAccountNotFound):
        registry.atomic()(lambda: services.lock(uuid4()))
    with pytest.raises(TransactionRequired):
        services.lock(service().id)


def test_service_accounts_are_listed_newest_first_or_found_by_name(registry: Container) -> None:
    services = registry.service_accounts()
    accounts = [service(number, keys=(service_key(number),)) for number in (1, 2, 3)]
    for account in accounts:
        services.add(account)
    first = services.find(name=None, after=None, limit=2)
    assert (first.items, first.next) == ((accounts[2], accounts[1]), accounts[1].id)
    rest = services.find(name=None, after=first.next, limit=2)
    assert (rest.items, rest.next) == ((accounts[0],), None)
    assert services.find(name="service-2", after=None, limit=2).items == (accounts[1],)
    assert services.find(name="service", after=None, limit=2).items == ()


def test_expired_and_revoked_keys_are_purged_in_batches(registry: Container) -> None:
    services = registry.service_accounts()
    expired = [service_key(number, expires_at=NOW - DAY) for number in (1, 2)]
    revoked = service_key(3, revoked_at=NOW - DAY)
    kept = (
        service_key(4, expires_at=NOW),
        service_key(5, revoked_at=NOW),
        service_key(6),
    )
    services.add(service(1, keys=(expired[0], *kept)))
    services.add(service(2, keys=(expired[1], revoked)))
    assert [services.purge_keys(NOW, 2) for _ in range(3)] == [2, 1, 0]
    assert services.get(service(1).id).keys == kept
    assert services.get(service(2).id).keys == ()


def test_expired_families_are_purged_in_batches(registry: Container) -> None:
    add_users(registry, 1)
    families = [
        RefreshFamily(
            id=uuid7(NOW, number),
            user_id=user().id,
            session_epoch=1,
            token_id=uuid7(NOW, number),
            started_at=NOW,
            refreshed_at=NOW,
            expires_at=NOW - DAY if number < 3 else NOW,
        )
        for number in range(4)
    ]
    for family in families:
        registry.families().add(family)
    assert [registry.families().purge(NOW, 2) for _ in range(3)] == [2, 1, 0]
    assert registry.atomic()(lambda: [registry.families().lock(family.id) for family in families]) == [
        None,
        None,
        None,
        families[3],
    ]


@pytest.mark.parametrize("action", AccountAction)
def test_account_history_returns_every_field_that_was_recorded(registry: Container, action: AccountAction) -> None:
    trail = registry.account_trail()
    recorded = account_event(action=action)
    trail.record(recorded)
    (event,) = trail.history(recorded.account_id, after=None, limit=9).items
    assert (event, type(event.action)) == (recorded, AccountAction)


def test_account_history_lists_the_events_of_one_account_newest_first(registry: Container) -> None:
    trail = registry.account_trail()
    for number in (1, 2, 3):
        trail.record(account_event(number))
    trail.record(account_event(4, account_id=user(2).id))
    first = trail.history(user().id, after=None, limit=2)
    assert (first.items, first.next) == ((account_event(3), account_event(2)), account_event(2).id)
    rest = trail.history(user().id, after=first.next, limit=2)
    assert (rest.items, rest.next) == ((account_event(1),), None)
    assert trail.history(uuid4(), after=None, limit=2).items == ()
    assert trail.history(user().id, after=None, limit=3).next is None
