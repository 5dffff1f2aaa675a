from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor
from core.accounts.entities import User
from core.accounts.service_accounts import ServiceAccount


@frozen(kw_only=True)
class RefreshFamily:
    """All refresh tokens of one sign-in. Only the newest, `token_id`, is valid."""

    id: UUID
    user_id: UUID
    session_epoch: int
    token_id: UUID
    expires_at: datetime
    revoked: bool = False

    def is_live(self, now: datetime, user: User) -> bool:
        same_epoch = user.is_active and user.session_epoch == self.session_epoch
        return same_epoch and not self.revoked and now < self.expires_at

    def rotated(self, token_id: UUID, expires_at: datetime) -> "RefreshFamily":
        return evolve(self, token_id=token_id, expires_at=expires_at)


@frozen(repr=False)
class TokenPair:
    access: str
    refresh: str


@frozen
class TokenLifetimes:
    access: timedelta = timedelta(minutes=10)
    refresh: timedelta = timedelta(days=14)


@frozen
class Principal:
    """The authenticated account of a request, and the actor it acts as."""

    account: User | ServiceAccount
    actor: Actor
