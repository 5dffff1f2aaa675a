from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission, Role
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, NewUser, User, parse_changes
from core.accounts.errors import LastAdmin
from core.accounts.passwords import parse_password
from core.accounts.ports import UserRepository
from core.accounts.services.password_policy import PasswordPolicy
from core.accounts.services.recorder import AccountRecorder
from core.errors import ErrorCollector
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.values import DEFAULT_PER_PAGE, parse_bool, parse_email, parse_enum, parse_page_limit


@frozen
class CreateUser:
    """Adds a user. The user must change the password at the first sign-in, unless an operator's script set it.

    `errors` are reported together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `UserEmailTaken`.
    """

    users: UserRepository
    policy: PasswordPolicy
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
            self.policy.parse,
            errors,
            must_change_password=not actor.is_operator,
            **details,
        )
        actor.require_all(user.role.permissions)
        hashed = self.users.hash(parse_password(details["password"]))

        def create() -> User:
            self.users.add(user, hashed)
            self.recorder.record(actor, now, user.id, AccountAction.CREATED, role=user.role)
            return user

        return self.atomic(create)


@frozen
class ListUsers:
    """The users that match every filter, newest first. Raises `Forbidden`, `ValidationError`."""

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
        parsed_email, parsed_role = None, None
        with errors.field("email"):
            parsed_email = None if email is None else parse_email(email)
        with errors.field("role"):
            parsed_role = None if role is None else parse_enum(role, Role)
        with errors.field("is_active"):
            is_active = None if is_active is None else parse_bool(is_active)
        with errors.field("limit"):
            parse_page_limit(limit)
        errors.raise_if_any()
        return self.users.find(email=parsed_email, role=parsed_role, is_active=is_active, after=after, limit=limit)


@frozen
class ViewUser:
    """Raises `Forbidden`, `UserNotFound`."""

    users: UserRepository

    def __call__(self, *, actor: Actor, user_id: UUID) -> User:
        actor.require(Permission.MANAGE_USERS)
        return self.users.get(user_id)


@frozen
class UpdateUser:
    """Changes the role of a user, or disables or enables the user. Takes effect with the user's next request.

    At least one active admin always remains, also after concurrent updates. `errors` are reported together with those
    of the fields.
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
        parsed = parse_changes(changes, errors)
        now = self.clock.now()

        def update() -> User:
            admins = self.users.lock_active_admins()
            before = self.users.lock(user_id)
            after = before.changed(**parsed)
            actor.require_all(before.role.permissions | after.role.permissions)
            if before.is_active_admin and not after.is_active_admin and admins <= {user_id}:
                raise LastAdmin
            if after != before:
                self.users.replace(after)
                self.recorder.record_changes(actor, now, before, after)
            return after

        return self.atomic(update)
