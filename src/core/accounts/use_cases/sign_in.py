from attrs import evolve, frozen

from core.accounts.entities import User
from core.accounts.errors import TokenRefused, UserNotFound
from core.accounts.ports import RefreshFamilyRepository, TokenService, UserRepository
from core.accounts.services.password_verifier import PasswordVerifier
from core.accounts.services.session_starter import SessionStarter
from core.accounts.sessions import RefreshFamily, TokenLifetimes, TokenPair
from core.errors import parse_field
from core.ports import Atomic, Clock, IdGenerator
from core.values import parse_str


@frozen
class VerifyPassword:
    """Returns the active user with this email and password, and starts no session.

    Raises `ValidationError`, `WrongCredentials`, `TooManyRequests`.
    """

    verifier: PasswordVerifier

    def __call__(self, *, email: str, password: str, address: str = "") -> User:
        return self.verifier.verify(email=email, password=password, address=address)


@frozen
class SignIn:
    """Starts a session of the user with this email and password.

    Raises `ValidationError`, `WrongCredentials`, `TooManyRequests`.
    """

    verifier: PasswordVerifier
    sessions: SessionStarter

    def __call__(self, *, email: str, password: str, address: str = "") -> TokenPair:
        return self.sessions.start(self.verifier.verify(email=email, password=password, address=address))


@frozen
class RefreshSession:
    """Exchanges a refresh token for a new pair of tokens. A second use of a token means that it was copied: the whole
    family is revoked, including its access tokens.

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
        family_id, token_id = self.tokens.read_refresh(parse_field("refresh", parse_str, refresh))
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
    """Revokes the family of a refresh token, including its access tokens. Idempotent.

    Raises `ValidationError`, `TokenRefused`.
    """

    families: RefreshFamilyRepository
    tokens: TokenService
    atomic: Atomic

    def __call__(self, *, refresh: str) -> None:
        family_id, _ = self.tokens.read_refresh(parse_field("refresh", parse_str, refresh))

        def revoke() -> None:
            family = self.families.lock(family_id)
            if family is not None:
                self.families.replace(evolve(family, revoked=True))

        self.atomic(revoke)
