from collections.abc import Sequence
from ipaddress import ip_network
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap import Container
from core.access import Actor, Permission, Role
from core.accounts.errors import KeyOutsideNetworks, TokenRefused
from core.accounts.key_limits import is_within, parse_networks
from core.accounts.service_accounts import ServiceAccount
from core.accounts.service_keys import ServiceKey
from core.errors import Forbidden, ValidationError
from tests.fakes import ADMIN

NETWORKS = ["192.0.2.0/24", "2001:db8::/48", "198.51.100.7"]


@pytest.fixture
def lab(registry: Container) -> ServiceAccount:
    return registry.create_service_account()(actor=ADMIN, name="lab-import", role="clerk")


def works(registry: Container, token: str, address: str) -> bool:
    try:
        registry.authenticate()(access=token, request_id="request-1", address=address)
    except KeyOutsideNetworks:
        return False
    return True


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("2001:db8:0:ffff::1", True),
        ("2001:DB8::1", True),
        ("2001:db8:1::", False),
        ("::ffff:192.0.2.1", True),
        ("::192.0.2.1", False),
        ("", False),
        ("192.0.2.1, 203.0.113.5", False),
        ("unknown", False),
    ],
)
def test_a_key_works_only_from_its_networks(
    registry: Container, lab: ServiceAccount, address: str, expected: bool
) -> None:
    make = registry.create_service_key()
    _, bound = make(actor=ADMIN, account_id=lab.id, name="bound", networks=NETWORKS)
    _, free = make(actor=ADMIN, account_id=lab.id, name="free", networks=[])
    assert works(registry, bound, address) == expected
    assert works(registry, free, address)


ADDRESSES = st.ip_addresses().filter(lambda one: not getattr(one, "ipv4_mapped", None))  # those are IPv4


@given(network=ADDRESSES.map(str), addresses=st.lists(ADDRESSES, min_size=1))
def test_an_address_is_only_within_its_own_network(network: str, addresses: list[object]) -> None:
    for address in (*addresses, network):
        assert is_within(str(address), [ip_network(network)]) == (
            str(address) == network or str(address) == network.lower()
        )


def test_the_secret_is_checked_before_the_network(registry: Container, lab: ServiceAccount) -> None:
    key, _ = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="bound", networks=NETWORKS)
    with pytest.raises(TokenRefused) as refused:
        registry.authenticate()(access=f"prk_{key.id.hex}_{'x' * 43}", request_id="", address="203.0.113.5")
    assert type(refused.value) is TokenRefused


@pytest.mark.parametrize(
    ("networks", "field", "code"),
    [
        ("192.0.2.0/24", "networks", "type"),
        ([5], "networks.0", "type"),
        (["192.0.2.0/24", "192.0.2.7/24"], "networks.1", "host_bits"),
        (["2001:db8::1/48"], "networks.0", "host_bits"),
        (["192.0.2.0/33"], "networks.0", "invalid"),
        (["192.0.2.0/24/24"], "networks.0", "invalid"),
        (["192.0.02.0/24"], "networks.0", "invalid"),
        (["registry.example"], "networks.0", "invalid"),
        (["fe80::%eth0/64"], "networks.0", "invalid"),
        (["::ffff:192.0.2.0/120"], "networks.0", "invalid"),
        (["x" * 1000], "networks.0", "too_long"),
        (["192.0.2.0/24"] * 21, "networks", "too_long"),
    ],
)
def test_overly_broad_networks_are_refused(
    registry: Container, lab: ServiceAccount, networks: list[str], field: str, code: str
) -> None:
    with pytest.raises(ValidationError) as invalid:
        registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="key", networks=networks)
    assert [(error.field, error.code) for error in invalid.value.errors] == [(field, code)]


def test_networks_are_kept_once_in_normal_form() -> None:
    parsed = parse_networks(["192.0.2.7", "2001:DB8:0::/48", "192.0.2.7/32", "10.0.0.0/255.0.0.0"])
    assert [str(network) for network in parsed] == ["192.0.2.7/32", "2001:db8::/48", "10.0.0.0/8"]
    assert parse_networks(parsed) == parsed


def actor(registry: Container, token: str) -> Actor:
    return registry.authenticate()(access=token, request_id="request-1").actor


def test_a_key_has_the_permissions_that_both_the_role_and_the_key_have(
    registry: Container, lab: ServiceAccount
) -> None:
    chosen = ["patients.view", Permission.UPDATE_PATIENTS, "patients.view"]
    key, token = registry.create_service_key()(actor=ADMIN, account_id=lab.id, name="key", permissions=chosen)
    assert key.permissions == (Permission.UPDATE_PATIENTS, Permission.VIEW_PATIENTS)
    assert actor(registry, token).permissions == {Permission.VIEW_PATIENTS, Permission.UPDATE_PATIENTS}
    registry.update_service_account()(actor=ADMIN, account_id=lab.id, role="reader")
    assert actor(registry, token).permissions == {Permission.VIEW_PATIENTS}
    registry.update_service_account()(actor=ADMIN, account_id=lab.id, role="author")
    assert actor(registry, token).permissions == frozenset()
    registry.update_service_account()(actor=ADMIN, account_id=lab.id, role="admin")
    assert actor(registry, token).permissions == {Permission.VIEW_PATIENTS, Permission.UPDATE_PATIENTS}


@pytest.mark.parametrize("permissions", [[], None])
def test_a_key_without_permissions_of_its_own_has_those_of_the_role(
    registry: Container, lab: ServiceAccount, permissions: Sequence[str] | None
) -> None:
    make = registry.create_service_key()
    given = {} if permissions is None else {"permissions": permissions}
    _, token = make(actor=ADMIN, account_id=lab.id, name="key", **given)  # type: ignore[arg-type]  # the test knows the types
    assert actor(registry, token).permissions == Role.CLERK.permissions


@pytest.mark.parametrize(
    ("permissions", "field", "code"),
    [
        (["patients.view", "users.manage"], "permissions.1", "role"),
        (["patients.fly"], "permissions.0", "choice"),
        (["patients.view"] * 50, "permissions", "too_long"),
        ({"patients.view": True}, "permissions", "type"),
    ],
)
def test_a_key_gets_no_permissions_that_the_role_lacks(
    registry: Container, lab: ServiceAccount, permissions: list[str], field: str, code: str
) -> None:
    with pytest.raises(ValidationError) as invalid:
        registry.create_service_key()(actor=ADMIN, account_id=lab.id, name=" ", permissions=permissions)
    assert [(error.field, error.code) for error in invalid.value.errors] == [("name", "blank"), (field, code)]


def test_a_replacement_key_gets_the_limits_of_the_key_it_replaces(registry: Container, lab: ServiceAccount) -> None:
    make, revoke = registry.create_service_key(), registry.revoke_service_key()

    def replace(old: ServiceKey, **limits: object) -> ServiceKey:
        key, _ = make(actor=ADMIN, account_id=lab.id, name="next", same_limits_as=old.id, **limits)  # type: ignore[arg-type]  # the test knows the types
        revoke(actor=ADMIN, account_id=lab.id, key_id=old.id)
        return key

    first, _ = make(actor=ADMIN, account_id=lab.id, name="1", networks=NETWORKS, permissions=["patients.view"])
    second = replace(first)
    assert (second.networks, second.permissions) == (first.networks, first.permissions)
    third = replace(second, networks=["10.0.0.0/8"])
    assert (third.limits()["networks"], third.permissions) == ("10.0.0.0/8", first.permissions)
    fourth = replace(third, networks=[], permissions=[])
    assert fourth.limits() == {}


def test_limits_are_copied_only_from_a_key_of_the_account(registry: Container, lab: ServiceAccount) -> None:
    make = registry.create_service_key()
    other = registry.create_service_account()(actor=ADMIN, name="other", role="clerk")
    foreign, _ = make(actor=ADMIN, account_id=other.id, name="key")
    for wrong in (foreign.id, str(uuid4()), "first"):
        with pytest.raises(ValidationError) as invalid:
            make(actor=ADMIN, account_id=lab.id, name="key", same_limits_as=wrong)
        assert [(error.field, error.code) for error in invalid.value.errors] == [("same_limits_as", "unknown")]


def test_the_history_names_the_limits_of_a_key(registry: Container, lab: ServiceAccount) -> None:
    key, _ = registry.create_service_key()(
        actor=ADMIN, account_id=lab.id, name="first", networks=NETWORKS[:2], permissions=["patients.view"]
    )
    event = registry.view_account_history()(actor=ADMIN, account_id=lab.id).items[0]
    assert dict(event.details) == {
        "key_id": str(key.id),
        "name": "first",
        "networks": "192.0.2.0/24, 2001:db8::/48",
        "permissions": "patients.view",
    }


def test_a_limited_key_cannot_create_a_key_with_more_permissions(registry: Container) -> None:
    make = registry.create_service_key()
    admin = registry.create_service_account()(actor=ADMIN, name="admin", role="admin")
    _, token = make(
        actor=ADMIN, account_id=admin.id, name="hr", permissions=[Permission.MANAGE_USERS, Permission.VIEW_PATIENTS]
    )
    hr = actor(registry, token)
    with pytest.raises(Forbidden):
        make(actor=hr, account_id=admin.id, name="more")
    with pytest.raises(Forbidden):
        make(actor=hr, account_id=admin.id, name="more", permissions=["patients.erase"])
    key, _ = make(actor=hr, account_id=admin.id, name="less", permissions=["patients.view"])
    assert key.permissions == (Permission.VIEW_PATIENTS,)
