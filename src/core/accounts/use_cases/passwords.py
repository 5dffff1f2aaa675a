from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import TokenRefused, WrongCredentials
from core.accounts.passwords import LONGEST_PASSWORD, new_password
from core.accounts.ports import UserRepository
from core.accounts.sessions import SignedIn, TokenPair
from core.accounts.use_cases.ledger import AccountLedger
from core.accounts.use_cases.sign_in import Sessions, VerifyPassword
from core.errors import Fault, Forbidden, Invalid, parse_one
from core.ports import Atomic, Clock
from core.values import text


@frozen
class Passwords:
    """Sets passwords, which ends every session that began with the one before."""

    users: UserRepository
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock

    def set(
        self, actor: Actor, user_id: UUID, password: str, action: AccountAction, *, generation: int | None = None
    ) -> User:
        """Raises `TokenRefused` if the user's sessions have ended since `generation`, `UserNotFound`."""
        hashed = self.users.hash(password)

        def replace() -> User:
            before = self.users.lock(user_id)
            if generation not in (None, before.generation):
                raise TokenRefused
            user = before.signed_out()
            self.users.replace(user, hashed)
            self.ledger.enter(actor, self.clock.now(), user.id, action)
            return user

        return self.atomic(replace)


@frozen
class SetPassword:
    """Gives a user a new password, and signs them out everywhere. Raises `Forbidden`, `Invalid`, `UserNotFound`."""

    users: UserRepository
    passwords: Passwords

    def __call__(self, *, actor: Actor, user_id: UUID, password: str) -> User:
        actor.require(Permission.MANAGE_USERS)
        _check(password, self.users.get(user_id))
        return self.passwords.set(actor, user_id, password, AccountAction.PASSWORD_SET)


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

    def __call__(self, *, me: SignedIn, current: str, password: str) -> TokenPair:
        if not isinstance(me.account, User):
            raise Forbidden("You may not do this: a service account has keys, and no password.")
        parse_one("current", lambda raw: text(raw, LONGEST_PASSWORD), current)
        try:
            verified = self.verify(email=me.account.email, password=current)
        except WrongCredentials:
            raise Invalid([Fault("current", "wrong", "This is not your password.")]) from None
        _check(password, verified)
        user = self.passwords.set(
            me.actor, verified.id, password, AccountAction.PASSWORD_CHANGED, generation=verified.generation
        )
        return self.sessions.start(user)


def _check(password: str, user: User) -> None:
    parse_one("password", lambda raw: new_password(raw, user.email), password)
