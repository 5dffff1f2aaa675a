from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import TokenRefused
from core.accounts.ports import UserRepository
from core.accounts.services.recorder import AccountRecorder
from core.ports import Atomic, Clock


@frozen
class PasswordSetter:
    """Sets passwords. A new password ends all sessions of the user. A password that another user set must be changed at
    the next sign-in."""

    users: UserRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def set(
        self, actor: Actor, user_id: UUID, password: str, action: AccountAction, *, session_epoch: int | None = None
    ) -> User:
        """`password` must be parsed by `PasswordPolicy`.

        Raises `UserNotFound`, and `TokenRefused` if the current session epoch is not `session_epoch`.
        """
        must_change = action is AccountAction.PASSWORD_SET and not actor.is_operator
        hashed = self.users.hash(password)

        def replace() -> User:
            before = self.users.lock(user_id)
            if session_epoch not in (None, before.session_epoch):
                raise TokenRefused
            user = before.with_new_password(must_change=must_change)
            self.users.replace(user, hashed)
            self.recorder.record(actor, self.clock.now(), user.id, action)
            return user

        return self.atomic(replace)
