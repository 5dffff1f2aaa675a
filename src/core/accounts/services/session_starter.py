from attrs import frozen

from core.accounts.entities import User
from core.accounts.ports import RefreshFamilyRepository, TokenService
from core.accounts.sessions import RefreshFamily, TokenLifetimes, TokenPair
from core.ports import Clock, IdGenerator


@frozen
class SessionStarter:
    families: RefreshFamilyRepository
    tokens: TokenService
    clock: Clock
    ids: IdGenerator
    lifetimes: TokenLifetimes

    def start(self, user: User, address: str) -> TokenPair:
        now = self.clock.now()
        family = RefreshFamily(
            id=self.ids.new(now),
            user_id=user.id,
            session_epoch=user.session_epoch,
            token_id=self.ids.new(now),
            started_at=now,
            refreshed_at=now,
            expires_at=now + self.lifetimes.refresh,
            address=address,
        )
        self.families.add(family)
        access = self.tokens.access(family, now, now + self.lifetimes.access)
        return TokenPair(access, self.tokens.refresh(family, now))
