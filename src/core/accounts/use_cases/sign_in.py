from attrs import evolve, frozen

from core.accounts.entities import User
from core.accounts.errors import TokenRefused, UserNotFound, WrongCredentials
from core.accounts.passwords import parse_password
from core.accounts.ports import RefreshFamilyRepository, SignInHistory, TokenService, UserRepository
from core.accounts.services.sessions import SessionStarter
from core.accounts.sessions import RefreshFamily, TokenLifetimes, TokenPair
from core.errors import ErrorCollector, TooManyRequests, parse_one
from core.ports import Atomic, Clock, IdGenerator, RateLimiter, RateLimitScope
from core.values import network_prefix, parse_email, parse_str


@frozen
class VerifyPassword:
    """Who knows the password of an email. `address` is where the try comes from.

    Tries are limited by address and email together, and more widely by each alone, so that many addresses cannot guess
    together either. Where this account was signed in to lately they are counted apart from all others, and too many are
    slowed down to one a second: nobody elsewhere can keep an owner out.
    Raises `ValidationError`, `WrongCredentials`, `TooManyRequests`.
    """

    users: UserRepository
    limiter: RateLimiter
    history: SignInHistory

    def __call__(self, *, email: str, password: str, address: str = "") -> User:
        errors = ErrorCollector()
        owner, given, origin = "", "", network_prefix(address)
        with errors.field("email"):
            owner = parse_email(email)
        with errors.field("password"):
            given = parse_password(password)
        errors.raise_if_any()
        self._count(owner, origin)
        user = self.users.verify(owner, given)
        if user is None:
            raise WrongCredentials
        self.history.remember(owner, origin)
        return user

    def _count(self, email: str, origin: str) -> None:
        pair = f"{origin} {email}"
        if self.history.knows(email, origin):
            try:
                self.limiter.acquire(RateLimitScope.SIGN_IN, pair)
            except TooManyRequests:
                self.limiter.acquire(RateLimitScope.SIGN_IN_KNOWN, pair)
        else:
            self.limiter.acquire(RateLimitScope.SIGN_IN_ADDRESS, origin)
            self.limiter.acquire(RateLimitScope.SIGN_IN, pair)
            self.limiter.acquire(RateLimitScope.SIGN_IN_EMAIL, email)


@frozen
class SignIn:
    """Starts a session for whoever knows the password. Raises as `VerifyPassword` does."""

    verify: VerifyPassword
    sessions: SessionStarter

    def __call__(self, *, email: str, password: str, address: str = "") -> TokenPair:
        return self.sessions.start(self.verify(email=email, password=password, address=address))


@frozen
class RefreshSession:
    """Trades a refresh token for a new pair. A token used for the second time was copied: its whole family is revoked,
    the access tokens with it.

    Raises `ValidationError`, `TokenRefused`.
    """

    users: UserRepository
    families: RefreshFamilyRepository
    tokens: TokenService
    atomic: Atomic
    clock: Clock
    ids: IdGenerator
    lifetimes: TokenLifetimes

    def __call__(self, *, refresh: str) -> TokenPair:
        family_id, token_id = self.tokens.read_refresh(parse_one("refresh", parse_str, refresh))
        now = self.clock.now()

        def rotate() -> RefreshFamily | None:
            family = self.families.lock(family_id)
            if family is None:
                return None
            user = self._user(family)
            if user is None or not family.is_live(now, user):
                return None
            if family.token_id != token_id:
                self.families.replace(evolve(family, revoked=True))
                return None
            rotated = family.rotated(self.ids.new(now), now + self.lifetimes.refresh)
            self.families.replace(rotated)
            return rotated

        family = self.atomic(rotate)
        if family is None:
            raise TokenRefused
        access = self.tokens.access(family, now, now + self.lifetimes.access)
        return TokenPair(access, self.tokens.refresh(family, now))

    def _user(self, family: RefreshFamily) -> User | None:
        try:
            return self.users.get(family.user_id)
        except UserNotFound:
            return None


@frozen
class SignOut:
    """Revokes the family of a refresh token, the access tokens with it; doing it twice is harmless.

    Raises `ValidationError`, `TokenRefused`.
    """

    families: RefreshFamilyRepository
    tokens: TokenService
    atomic: Atomic

    def __call__(self, *, refresh: str) -> None:
        family_id, _ = self.tokens.read_refresh(parse_one("refresh", parse_str, refresh))

        def revoke() -> None:
            family = self.families.lock(family_id)
            if family is not None:
                self.families.replace(evolve(family, revoked=True))

        self.atomic(revoke)
