from attrs import evolve, frozen

from core.accounts.entities import User
from core.accounts.errors import TokenRefused, UserNotFound, WrongCredentials
from core.accounts.passwords import password as parse_password
from core.accounts.ports import RefreshFamilies, SignInHistory, Tokens, UserRepository
from core.accounts.sessions import RefreshFamily, TokenLifetimes, TokenPair
from core.errors import FaultList, TooManyRequests, parse_one
from core.ports import Atomic, Clock, Ids, Limiter, Scope
from core.values import email as email_address
from core.values import network, text


@frozen
class VerifyPassword:
    """Who knows the password of an email. `address` is where the try comes from.

    Tries are limited by address and email together, and more widely by each alone, so that many addresses cannot guess
    together either. Where this account was signed in to lately they are counted apart from all others, and too many are
    slowed down to one a second: nobody elsewhere can keep an owner out.
    Raises `Invalid`, `WrongCredentials`, `TooManyRequests`.
    """

    users: UserRepository
    limiter: Limiter
    history: SignInHistory

    def __call__(self, *, email: str, password: str, address: str = "") -> User:
        faults = FaultList()
        owner, given, origin = "", "", network(address)
        with faults.noting("email"):
            owner = email_address(email)
        with faults.noting("password"):
            given = parse_password(password)
        faults.raise_if_any()
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
                self.limiter.hit(Scope.SIGN_IN, pair)
            except TooManyRequests:
                self.limiter.hit(Scope.SIGN_IN_KNOWN, pair)
        else:
            self.limiter.hit(Scope.SIGN_IN_ADDRESS, origin)
            self.limiter.hit(Scope.SIGN_IN, pair)
            self.limiter.hit(Scope.SIGN_IN_EMAIL, email)


@frozen
class Sessions:
    """Starts families of refresh tokens."""

    families: RefreshFamilies
    tokens: Tokens
    clock: Clock
    ids: Ids
    lifetimes: TokenLifetimes

    def start(self, user: User) -> TokenPair:
        now = self.clock.now()
        family = RefreshFamily(
            id=self.ids.new(now),
            user_id=user.id,
            generation=user.generation,
            token_id=self.ids.new(now),
            expires_at=now + self.lifetimes.refresh,
        )
        self.families.add(family)
        access = self.tokens.access(family, now, now + self.lifetimes.access)
        return TokenPair(access, self.tokens.refresh(family, now))


@frozen
class SignIn:
    """Starts a session for whoever knows the password. Raises as `VerifyPassword` does."""

    verify: VerifyPassword
    sessions: Sessions

    def __call__(self, *, email: str, password: str, address: str = "") -> TokenPair:
        return self.sessions.start(self.verify(email=email, password=password, address=address))


@frozen
class RefreshSession:
    """Trades a refresh token for a new pair. A token used for the second time was copied: its whole family is revoked,
    the access tokens with it.

    Raises `Invalid`, `TokenRefused`.
    """

    users: UserRepository
    families: RefreshFamilies
    tokens: Tokens
    atomic: Atomic
    clock: Clock
    ids: Ids
    lifetimes: TokenLifetimes

    def __call__(self, *, refresh: str) -> TokenPair:
        family_id, token_id = self.tokens.read_refresh(parse_one("refresh", text, refresh))
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

    Raises `Invalid`, `TokenRefused`.
    """

    families: RefreshFamilies
    tokens: Tokens
    atomic: Atomic

    def __call__(self, *, refresh: str) -> None:
        family_id, _ = self.tokens.read_refresh(parse_one("refresh", text, refresh))

        def revoke() -> None:
            family = self.families.lock(family_id)
            if family is not None:
                self.families.replace(evolve(family, revoked=True))

        self.atomic(revoke)
