from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import TokenRefused, WrongCredentials
from core.accounts.passwords import new_password
from core.accounts.passwords import password as parse_password
from core.accounts.ports import UserRepository
from core.accounts.sessions import SignedIn, TokenPair
from core.accounts.use_cases.ledger import AccountLedger
from core.accounts.use_cases.sign_in import Sessions, VerifyPassword
from core.errors import Fault, FaultList, Forbidden, Invalid, Parser, parse_all, parse_one
from core.ports import Atomic, Clock


@frozen
class Passwords:
    """Sets passwords, which ends every session that began with the one before. Who was given one by another user has to
    change it first of all."""

    users: UserRepository
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock

    def set(
        self, actor: Actor, user_id: UUID, password: str, action: AccountAction, *, generation: int | None = None
    ) -> User:
        """`password` as `new_password` gave it.

        Raises `TokenRefused` if the user's sessions have ended since `generation`, `UserNotFound`.
        """
        must_change = action is AccountAction.PASSWORD_SET and not actor.is_operator
        hashed = self.users.hash(password)

        def replace() -> User:
            before = self.users.lock(user_id)
            if generation not in (None, before.generation):
                raise TokenRefused
            user = before.with_new_password(must_change=must_change)
            self.users.replace(user, hashed)
            self.ledger.enter(actor, self.clock.now(), user.id, action)
            return user

        return self.atomic(replace)


class NewPassword(TypedDict):
    """What a user's password is set with."""

    password: str


@frozen
class SetPassword:
    """Gives a user a new password, and signs them out everywhere. Unless a script of the operator's does it, they have
    to change it when they sign in. `faults` found in the input already are raised with those of its values. Raises
    `Forbidden`, `Invalid`, `UserNotFound`."""

    users: UserRepository
    passwords: Passwords

    def __call__(
        self, *, actor: Actor, user_id: UUID, faults: FaultList | None = None, **given: Unpack[NewPassword]
    ) -> User:
        actor.require(Permission.MANAGE_USERS)
        address = self.users.get(user_id).email
        parsers: dict[str, Parser] = {"password": lambda raw: new_password(raw, address)}
        chosen = cast("NewPassword", parse_all(given, parsers, required=tuple(parsers), faults=faults))["password"]
        return self.passwords.set(actor, user_id, chosen, AccountAction.PASSWORD_SET)


@frozen
class ChangeOwnPassword:
    """Gives the user a new password and, as every session ends, a new one to go on with.

    The current password comes first: only who knows it learns what is wrong with the new one.
    Raises `Forbidden` for a machine, `Invalid`, also for a wrong current password, `TokenRefused` if another password
    was set meanwhile, and `TooManyRequests`.
    """

    verify: VerifyPassword
    passwords: Passwords
    sessions: Sessions

    def __call__(self, *, me: SignedIn, current: str, password: str, address: str = "") -> TokenPair:
        if not isinstance(me.account, User):
            raise Forbidden("You may not do this: a service account has keys, and no password.")
        former = parse_one("current", parse_password, current)
        try:
            verified = self.verify(email=me.account.email, password=current, address=address)
        except WrongCredentials:
            raise Invalid([Fault("current", "wrong", "This is not your password.")]) from None
        chosen = parse_one("password", lambda raw: new_password(raw, verified.email), password)
        if chosen == former:
            raise Invalid([Fault("password", "unchanged", "Must differ from your current password.")])
        user = self.passwords.set(
            me.actor, verified.id, chosen, AccountAction.PASSWORD_CHANGED, generation=verified.generation
        )
        return self.sessions.start(user)
