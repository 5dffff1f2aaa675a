from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.accounts.audit import AccountAction
from core.accounts.entities import User
from core.accounts.errors import ResetCodeRefused, TokenRefused, UserDisabled
from core.accounts.password_resets import PasswordReset, digest_of, parse_code
from core.accounts.ports import PasswordResetRepository, UserRepository
from core.accounts.services.password_policy import PasswordPolicy
from core.accounts.services.password_setter import PasswordSetter
from core.accounts.services.recorder import AccountRecorder
from core.errors import parse_field
from core.ports import Atomic, Clock, RateLimiter, RateLimitScope
from core.values import network_prefix


@frozen
class IssuePasswordReset:
    """Makes a one-time code for a user, who sets a new password with it within an hour. Replaces the user's previous
    code. Returns the code, which is not stored and cannot be retrieved later.

    The user's password and sessions stay as they are until the code is used.
    Raises `Forbidden`, `UserNotFound`, `UserDisabled`.
    """

    users: UserRepository
    resets: PasswordResetRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, user_id: UUID) -> tuple[PasswordReset, str]:
        actor.require(Permission.MANAGE_USERS)

        def issue() -> tuple[PasswordReset, str]:
            user, now = self.users.lock(user_id), self.clock.now()
            actor.require_all(user.role.permissions)
            if not user.is_active:
                raise UserDisabled
            reset, code = PasswordReset.make(user, now)
            self.resets.save(reset)
            self.recorder.record(actor, now, user.id, AccountAction.RESET_ISSUED)
            return reset, code

        return self.atomic(issue)


@frozen
class ResetPassword:
    """Sets a new password with a one-time code, and ends all of the user's sessions.

    Attempts are limited by address, as those of signing in. Without a valid code, a caller learns nothing about the
    password.
    Raises `ResetCodeRefused` (the same for an unknown, replaced, used or expired code, and for a disabled user),
    `ValidationError`, `TooManyRequests`.
    """

    users: UserRepository
    resets: PasswordResetRepository
    policy: PasswordPolicy
    passwords: PasswordSetter
    limiter: RateLimiter
    accesses: AccessRecorder
    clock: Clock

    def __call__(self, *, code: str, password: str, address: str = "", request_id: str = "") -> None:
        origin = network_prefix(address)
        self.limiter.acquire(RateLimitScope.SIGN_IN_ADDRESS, origin)
        self.limiter.acquire(RateLimitScope.SIGN_IN, origin)
        try:
            self._reset(code, password, address, request_id)
        except ResetCodeRefused:
            self.accesses.record(Actor.anonymous(request_id, address), AccessAction.RESET_REFUSED)
            raise

    def _reset(self, code: str, password: str, address: str, request_id: str) -> None:
        reset, user = self._outstanding(parse_field("code", parse_code, code))
        chosen = parse_field("password", lambda raw: self.policy.parse(raw, user.email), password)
        actor = Actor.user(user.id, user.role, request_id, address)
        try:
            self.passwords.set(actor, user.id, chosen, AccountAction.PASSWORD_RESET, session_epoch=reset.session_epoch)
        except TokenRefused:
            raise ResetCodeRefused from None
        self.accesses.record(actor, AccessAction.PASSWORD_RESET)

    def _outstanding(self, code: str) -> tuple[PasswordReset, User]:
        reset = self.resets.find(digest_of(code))
        user = reset and self.users.get(reset.user_id)
        if reset is None or user is None or not reset.is_valid(user, self.clock.now()):
            raise ResetCodeRefused
        return reset, user
