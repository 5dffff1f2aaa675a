from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import WrongCredentials
from core.accounts.passwords import parse_new_password, parse_password
from core.accounts.ports import UserRepository
from core.accounts.services.passwords import PasswordSetter
from core.accounts.services.sessions import SessionStarter
from core.accounts.sessions import SignedIn, TokenPair
from core.accounts.use_cases.sign_in import VerifyPassword
from core.errors import ErrorCollector, FieldError, Forbidden, Parser, ValidationError, parse_all, parse_one


class NewPassword(TypedDict):
    """What a user's password is set with."""

    password: str


@frozen
class SetPassword:
    """Gives a user a new password, and signs them out everywhere. Unless a script of the operator's does it, they have
    to change it when they sign in. `errors` found in the input already are raised with those of its values. Raises
    `Forbidden`, `ValidationError`, `UserNotFound`."""

    users: UserRepository
    passwords: PasswordSetter

    def __call__(
        self, *, actor: Actor, user_id: UUID, errors: ErrorCollector | None = None, **given: Unpack[NewPassword]
    ) -> User:
        actor.require(Permission.MANAGE_USERS)
        address = self.users.get(user_id).email
        parsers: dict[str, Parser] = {"password": lambda raw: parse_new_password(raw, address)}
        chosen = cast("NewPassword", parse_all(given, parsers, required=tuple(parsers), errors=errors))["password"]
        return self.passwords.set(actor, user_id, chosen, AccountAction.PASSWORD_SET)


@frozen
class ChangeOwnPassword:
    """Gives the user a new password and, as every session ends, a new one to go on with.

    The current password comes first: only who knows it learns what is wrong with the new one.
    Raises `Forbidden` for a machine, `ValidationError`, also for a wrong current password, `TokenRefused` if another
    password was set meanwhile, and `TooManyRequests`.
    """

    verify: VerifyPassword
    passwords: PasswordSetter
    sessions: SessionStarter

    def __call__(self, *, me: SignedIn, current: str, password: str, address: str = "") -> TokenPair:
        if not isinstance(me.account, User):
            raise Forbidden("You may not do this: a service account has keys, and no password.")
        former = parse_one("current", parse_password, current)
        try:
            verified = self.verify(email=me.account.email, password=current, address=address)
        except WrongCredentials:
            raise ValidationError([FieldError("current", "wrong", "Must be your current password.")]) from None
        chosen = parse_one("password", lambda raw: parse_new_password(raw, verified.email), password)
        if chosen == former:
            raise ValidationError([FieldError("password", "unchanged", "Must differ from your current password.")])
        user = self.passwords.set(
            me.actor, verified.id, chosen, AccountAction.PASSWORD_CHANGED, session_epoch=verified.session_epoch
        )
        return self.sessions.start(user)
