"""Who manages accounts without having every permission."""

from collections.abc import Callable
from uuid import UUID

import pytest

from bootstrap import Container
from core.access import Actor, Permission, Role
from core.accounts.entities import User
from core.accounts.errors import ResetCodeRefused
from core.accounts.service_accounts import ServiceAccount
from core.errors import Forbidden
from tests.fakes import ADMIN
from tests.unit.accounts.conftest import PASSWORD

LESSER = Actor("service:hr", Role.CLERK.permissions | {Permission.MANAGE_USERS}, "request-1")
Accounts = dict[Role, tuple[User, ServiceAccount]]


@pytest.fixture
def accounts(registry: Container) -> Accounts:
    return {
        role: (
            registry.create_user()(actor=ADMIN, email=f"{role}@example.org", password=PASSWORD, role=role),
            registry.create_service_account()(actor=ADMIN, name=f"lab-{role}", role=role),
        )
        for role in (Role.READER, Role.CLERK, Role.ADMIN)
    }


def session_of(registry: Container, user: User) -> UUID:
    registry.sign_in()(email=user.email, password=PASSWORD)
    return registry.list_user_sessions()(actor=ADMIN, user_id=user.id)[0].id


Work = Callable[[Container, Role, Accounts], object]
WORK: dict[str, Work] = {
    "create_user": lambda registry, role, _: registry.create_user()(
        actor=LESSER, email="e@example.org", password=PASSWORD, role=role
    ),
    "promote_user": lambda registry, role, accounts: registry.update_user()(
        actor=LESSER, user_id=accounts[Role.READER][0].id, role=role
    ),
    "demote_user": lambda registry, role, accounts: registry.update_user()(
        actor=LESSER, user_id=accounts[role][0].id, role=Role.READER
    ),
    "set_password": lambda registry, role, accounts: registry.set_password()(
        actor=LESSER, user_id=accounts[role][0].id, password="battery staple"
    ),
    "issue_password_reset": lambda registry, role, accounts: registry.issue_password_reset()(
        actor=LESSER, user_id=accounts[role][0].id
    ),
    "end_user_session": lambda registry, role, accounts: registry.end_user_session()(
        actor=LESSER, user_id=accounts[role][0].id, session_id=session_of(registry, accounts[role][0])
    ),
    "end_user_sessions": lambda registry, role, accounts: registry.end_user_sessions()(
        actor=LESSER, user_id=accounts[role][0].id
    ),
    "create_service_account": lambda registry, role, _: registry.create_service_account()(
        actor=LESSER, name="other", role=role
    ),
    "promote_service_account": lambda registry, role, accounts: registry.update_service_account()(
        actor=LESSER, account_id=accounts[Role.READER][1].id, role=role
    ),
    "demote_service_account": lambda registry, role, accounts: registry.update_service_account()(
        actor=LESSER, account_id=accounts[role][1].id, role=Role.READER
    ),
    "create_service_key": lambda registry, role, accounts: registry.create_service_key()(
        actor=LESSER, account_id=accounts[role][1].id, name="first"
    ),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_managers_cannot_grant_or_take_over_permissions_they_lack(
    registry: Container, accounts: Accounts, work: Work
) -> None:
    with pytest.raises(Forbidden, match="permissions that you lack"):
        work(registry, Role.ADMIN, accounts)
    work(registry, Role.CLERK, accounts)


def test_a_code_that_was_made_before_the_user_got_more_permissions_is_refused(
    registry: Container, accounts: Accounts
) -> None:
    user, _ = accounts[Role.READER]
    _, code = registry.issue_password_reset()(actor=LESSER, user_id=user.id)
    registry.update_user()(actor=ADMIN, user_id=user.id, role=Role.ADMIN)
    with pytest.raises(ResetCodeRefused):
        registry.reset_password()(code=code, password="battery staple")


def test_only_an_admin_disables_an_admin(registry: Container, accounts: Accounts) -> None:
    user, service = accounts[Role.ADMIN]
    with pytest.raises(Forbidden):
        registry.update_user()(actor=LESSER, user_id=user.id, is_active=False)
    with pytest.raises(Forbidden):
        registry.update_service_account()(actor=LESSER, account_id=service.id, is_active=False)
