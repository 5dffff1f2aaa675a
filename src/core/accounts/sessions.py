from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor
from core.accounts.entities import User
from core.accounts.service_accounts import ServiceAccount

MAX_SESSIONS = 100  # that a list has


@frozen(kw_only=True)
class RefreshFamily:
    """A session: all refresh tokens of one sign-in. Only the newest, `token_id`, is valid. `address` is the client's IP
    address at the last refresh."""

    id: UUID
    user_id: UUID
    session_epoch: int
    token_id: UUID
    started_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    address: str = ""
    revoked: bool = False

    def is_live(self, now: datetime, user: User) -> bool:
        same_epoch = user.is_active and user.session_epoch == self.session_epoch
        return same_epoch and not self.revoked and now < self.expires_at

    def rotated(self, token_id: UUID, now: datetime, lifetimes: "TokenLifetimes", address: str) -> "RefreshFamily":
        expires_at = min(now + lifetimes.refresh, self.started_at + lifetimes.session)
        return evolve(self, token_id=token_id, refreshed_at=now, expires_at=expires_at, address=address)


@frozen(repr=False)
class TokenPair:
    access: str
    refresh: str


@frozen
class TokenLifetimes:
    """A session ends when it was not refreshed for `refresh`, and `session` after the sign-in at the latest."""

    access: timedelta = timedelta(minutes=10)
    refresh: timedelta = timedelta(days=14)
    session: timedelta = timedelta(days=90)


@frozen
class Principal:
    """The authenticated account of a request, and the actor it acts as. `session_id` is a user's session."""

    account: User | ServiceAccount
    actor: Actor
    session_id: UUID | None = None
