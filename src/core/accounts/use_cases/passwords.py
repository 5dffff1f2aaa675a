from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import WrongCredentials
from core.accounts.passwords import parse_password
from core.accounts.ports import UserRepository
from core.accounts.services.password_policy import PasswordPolicy
from core.accounts.services.password_setter import PasswordSetter
from core.accounts.services.password_verifier import PasswordVerifier
from core.accounts.services.session_starter import SessionStarter
from core.accounts.sessions import Principal, TokenPair
from core.errors import ErrorCollector, FieldError, Forbidden, Parser, ValidationError, parse_field, parse_fields


class NewPassword(TypedDict):
    """What a user's password is set with."""

    password: str


@frozen
class SetPassword:
    """Sets another user's password and ends all of the user's sessions. The user must change the password at the next
    sign-in, unless an operator's script set it.

    `errors` are reported together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `UserNotFound`.
    """

    users: UserRepository
    policy: PasswordPolicy
    passwords: PasswordSetter

    def __call__(
        self, *, actor: Actor, user_id: UUID, errors: ErrorCollector | None = None, **fields: Unpack[NewPassword]
    ) -> User:
        actor.require(Permission.MANAGE_USERS)
        user = self.users.get(user_id)
        actor.require_all(user.role.permissions)
        parsers: dict[str, Parser] = {"password": lambda raw: self.policy.parse(raw, user.email)}
        chosen = cast("NewPassword", parse_fields(fields, parsers, required=tuple(parsers), errors=errors))["password"]
        return self.passwords.set(actor, user_id, chosen, AccountAction.PASSWORD_SET)


@frozen
class ChangeOwnPassword:
    """Changes the user's password, ends all of the user's sessions and starts a new one.

    The current password is verified first: without it, a caller learns nothing about the new one.
    Raises `Forbidden` for a service account, `ValidationError` (also for a wrong current password), `TokenRefused` if
    another password was set at the same time, and `TooManyRequests`.
    """

    verifier: PasswordVerifier
    policy: PasswordPolicy
    passwords: PasswordSetter
    sessions: SessionStarter

    def __call__(self, *, principal: Principal, current: str, password: str) -> TokenPair:
        if not isinstance(principal.account, User):
            raise Forbidden("You may not do this: a service account has keys and no password.")
        current_password = parse_field("current", parse_password, current)
        try:
            verified = self.verifier.verify(email=principal.account.email, password=current, caller=principal.actor)
        except WrongCredentials:
            raise ValidationError([FieldError("current", "wrong", "Must be your current password.")]) from None
        chosen = parse_field("password", lambda raw: self.policy.parse(raw, verified.email), password)
        if chosen == current_password:
            raise ValidationError([FieldError("password", "unchanged", "Must differ from your current password.")])
        user = self.passwords.set(
            principal.actor, verified.id, chosen, AccountAction.PASSWORD_CHANGED, session_epoch=verified.session_epoch
        )
        return self.sessions.start(user, principal.actor.address)
