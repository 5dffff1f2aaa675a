from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import WrongCredentials
from core.accounts.passwords import new_password
from core.accounts.ports import UserRepository
from core.accounts.sessions import SignedIn, TokenPair
from core.accounts.use_cases.ledger import AccountLedger
from core.accounts.use_cases.sign_in import Sessions, VerifyPassword
from core.errors import Fault, FaultList, Forbidden, Invalid
from core.ports import Atomic, Clock
from core.values import text


@frozen
class Passwords:
    """Sets passwords, which ends every session that began with the one before."""

    users: UserRepository
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock

    def set(self, actor: Actor, user_id: UUID, password: str, action: AccountAction) -> User:
        hashed = self.users.hash(password)

        def replace() -> User:
            user = self.users.lock(user_id).signed_out()
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
        user = self.users.get(user_id)
        faults = FaultList()
        with faults.noting("password"):
            new_password(password, user.email)
        faults.raise_if_any()
        return self.passwords.set(actor, user_id, password, AccountAction.PASSWORD_SET)


@frozen
class ChangeOwnPassword:
    """Gives the user a new password and, as every session ends, a new one to go on with.

    Raises `Forbidden` for a machine, `Invalid`, also for a wrong current password, and `TooManyRequests`.
    """

    verify: VerifyPassword
    passwords: Passwords
    sessions: Sessions

    def __call__(self, *, me: SignedIn, current: str, password: str) -> TokenPair:
        if not isinstance(me.account, User):
            raise Forbidden("You may not do this: a service account has keys, and no password.")
        email = me.account.email
        faults = FaultList()
        with faults.noting("current"):
            text(current)
        with faults.noting("password"):
            new_password(password, email)
        faults.raise_if_any()
        try:
            self.verify(email=email, password=current)
        except WrongCredentials:
            raise Invalid([Fault("current", "wrong", "This is not your password.")]) from None
        user = self.passwords.set(me.actor, me.account.id, password, AccountAction.PASSWORD_CHANGED)
        return self.sessions.start(user)
