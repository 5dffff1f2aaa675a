from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission, Role
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, NewUser, User, parse_changes
from core.accounts.errors import LastAdmin
from core.accounts.passwords import password as parse_password
from core.accounts.ports import UserRepository
from core.accounts.use_cases.ledger import AccountLedger
from core.errors import FaultList
from core.paging import Page
from core.ports import Atomic, Clock, Ids
from core.values import DEFAULT_PER_PAGE, choice
from core.values import email as email_address
from core.values import page_limit, yes_or_no


@frozen
class CreateUser:
    """Adds someone who signs in by email and password. Unless a script of the operator's adds them, they have to change
    the password when they first sign in.

    `faults` found in the input already are raised with those of its values.
    Raises `Forbidden`, `Invalid`, `UserEmailTaken`.
    """

    users: UserRepository
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock
    ids: Ids

    def __call__(self, *, actor: Actor, faults: FaultList | None = None, **details: Unpack[NewUser]) -> User:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        user = User.create(
            self.ids.new(now),
            now,
            faults,
            must_change_password=not actor.is_operator,
            **details,
        )
        hashed = self.users.hash(parse_password(details["password"]))

        def create() -> User:
            self.users.add(user, hashed)
            self.ledger.enter(actor, now, user.id, AccountAction.CREATED, role=user.role)
            return user

        return self.atomic(create)


@frozen
class ListUsers:
    """The users for whom every filter holds, newest first. Raises `Forbidden`, `Invalid`."""

    users: UserRepository

    def __call__(
        self,
        *,
        actor: Actor,
        email: str | None = None,
        role: Role | str | None = None,
        is_active: bool | None = None,
        after: UUID | None = None,
        limit: int = DEFAULT_PER_PAGE,
    ) -> Page[User]:
        actor.require(Permission.MANAGE_USERS)
        faults = FaultList()
        address, chosen = None, None
        with faults.noting("email"):
            address = None if email is None else email_address(email)
        with faults.noting("role"):
            chosen = None if role is None else choice(role, Role)
        with faults.noting("is_active"):
            is_active = None if is_active is None else yes_or_no(is_active)
        with faults.noting("limit"):
            page_limit(limit)
        faults.raise_if_any()
        return self.users.find(email=address, role=chosen, is_active=is_active, after=after, limit=limit)


@frozen
class ViewUser:
    """One user. Raises `Forbidden`, `UserNotFound`."""

    users: UserRepository

    def __call__(self, *, actor: Actor, user_id: UUID) -> User:
        actor.require(Permission.MANAGE_USERS)
        return self.users.get(user_id)


@frozen
class UpdateUser:
    """Changes a user's role, disables or enables them. It holds from their next request on, whatever tokens they have.

    There is always an active admin, however many change one another at once. `faults` found in the input already are
    raised with those of its values.
    Raises `Forbidden`, `Invalid`, `UserNotFound`, `LastAdmin`.
    """

    users: UserRepository
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock

    def __call__(
        self, *, actor: Actor, user_id: UUID, faults: FaultList | None = None, **changes: Unpack[AccountChanges]
    ) -> User:
        actor.require(Permission.MANAGE_USERS)
        standing = parse_changes(changes, faults)
        now = self.clock.now()

        def update() -> User:
            admins = self.users.lock_active_admins()
            before = self.users.lock(user_id)
            after = before.changed(**standing)
            if before.is_active_admin and not after.is_active_admin and admins <= {user_id}:
                raise LastAdmin
            if after != before:
                self.users.replace(after)
                self.ledger.enter_changes(actor, now, before, after)
            return after

        return self.atomic(update)
