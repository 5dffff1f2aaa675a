from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission, Role
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, NewUser, User, parse_changes
from core.accounts.errors import LastAdmin
from core.accounts.passwords import parse_password
from core.accounts.ports import UserRepository
from core.accounts.services.recorder import AccountRecorder
from core.errors import ErrorCollector
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.values import DEFAULT_PER_PAGE, parse_bool, parse_email, parse_enum, parse_page_limit


@frozen
class CreateUser:
    """Adds someone who signs in by email and password. Unless a script of the operator's adds them, they have to change
    the password when they first sign in.

    `errors` found in the input already are raised with those of its values.
    Raises `Forbidden`, `ValidationError`, `UserEmailTaken`.
    """

    users: UserRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(self, *, actor: Actor, errors: ErrorCollector | None = None, **details: Unpack[NewUser]) -> User:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        user = User.create(
            self.ids.new(now),
            now,
            errors,
            must_change_password=not actor.is_operator,
            **details,
        )
        hashed = self.users.hash(parse_password(details["password"]))

        def create() -> User:
            self.users.add(user, hashed)
            self.recorder.record(actor, now, user.id, AccountAction.CREATED, role=user.role)
            return user

        return self.atomic(create)


@frozen
class ListUsers:
    """The users for whom every filter holds, newest first. Raises `Forbidden`, `ValidationError`."""

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
        errors = ErrorCollector()
        address, chosen = None, None
        with errors.field("email"):
            address = None if email is None else parse_email(email)
        with errors.field("role"):
            chosen = None if role is None else parse_enum(role, Role)
        with errors.field("is_active"):
            is_active = None if is_active is None else parse_bool(is_active)
        with errors.field("limit"):
            parse_page_limit(limit)
        errors.raise_if_any()
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

    There is always an active admin, however many change one another at once. `errors` found in the input already are
    raised with those of its values.
    Raises `Forbidden`, `ValidationError`, `UserNotFound`, `LastAdmin`.
    """

    users: UserRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(
        self, *, actor: Actor, user_id: UUID, errors: ErrorCollector | None = None, **changes: Unpack[AccountChanges]
    ) -> User:
        actor.require(Permission.MANAGE_USERS)
        standing = parse_changes(changes, errors)
        now = self.clock.now()

        def update() -> User:
            admins = self.users.lock_active_admins()
            before = self.users.lock(user_id)
            after = before.changed(**standing)
            if before.is_active_admin and not after.is_active_admin and admins <= {user_id}:
                raise LastAdmin
            if after != before:
                self.users.replace(after)
                self.recorder.record_changes(actor, now, before, after)
            return after

        return self.atomic(update)
