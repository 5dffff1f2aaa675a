from attrs import evolve, frozen

from core.access import Actor
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
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

    def __call__(self, *, email: str, password: str, address: str = "", request_id: str = "") -> User:
        return self.verifier.verify(email=email, password=password, caller=Actor.anonymous(request_id, address))


@frozen
class SignIn:
    """Starts a session of the user with this email and password.

    Raises `ValidationError`, `WrongCredentials`, `TooManyRequests`.
    """

    verifier: PasswordVerifier
    sessions: SessionStarter
    accesses: AccessRecorder

    def __call__(self, *, email: str, password: str, address: str = "", request_id: str = "") -> TokenPair:
        user = self.verifier.verify(email=email, password=password, caller=Actor.anonymous(request_id, address))
        pair = self.sessions.start(user, address)
        self.accesses.record(Actor.user(user.id, user.role, request_id, address), AccessAction.SIGNED_IN)
        return pair


@frozen
class RefreshSession:
    """Exchanges a refresh token for a new pair of tokens. A second use of a token means that it was copied: the whole
    family is revoked, including its access tokens. No session lasts longer than 90 days.

    Raises `ValidationError`, `TokenRefused`.
    """

    users: UserRepository
    families: RefreshFamilyRepository
    tokens: TokenService
    atomic: Atomic
    clock: Clock
    ids: IdGenerator
    lifetimes: TokenLifetimes
    accesses: AccessRecorder

    def __call__(self, *, refresh: str, address: str = "", request_id: str = "") -> TokenPair:
        family_id, token_id = self.tokens.read_refresh(parse_field("refresh", parse_str, refresh))
        now = self.clock.now()

        reused_by: list[User] = []

        def rotate() -> RefreshFamily | None:
            family = self.families.lock(family_id)
            if family is None:
                return None
            user = self._user(family)
            if user is None or not family.is_live(now, user):
                return None
            if family.token_id != token_id:
                self.families.replace(evolve(family, revoked=True))
                reused_by.append(user)
                return None
            rotated = family.rotated(self.ids.new(now), now, self.lifetimes, address)
            self.families.replace(rotated)
            return rotated

        family = self.atomic(rotate)
        for user in reused_by[-1:]:
            self.accesses.record(Actor.user(user.id, user.role, request_id, address), AccessAction.TOKEN_REUSED)
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
    accesses: AccessRecorder

    def __call__(self, *, refresh: str, address: str = "", request_id: str = "") -> None:
        family_id, _ = self.tokens.read_refresh(parse_field("refresh", parse_str, refresh))

        def revoke() -> RefreshFamily | None:
            family = self.families.lock(family_id)
            if family is None or family.revoked:
                return None
            self.families.replace(evolve(family, revoked=True))
            return family

        if family := self.atomic(revoke):
            owner = Actor(f"user:{family.user_id}", frozenset(), request_id, address=address)
            self.accesses.record(owner, AccessAction.SIGNED_OUT)
