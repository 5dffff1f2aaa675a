from attrs import evolve, frozen

from core.access import Actor, Permission, Role
from core.accounts.entities import RefreshFamily, SignedIn, TokenLifetimes, TokenPair, User
from core.accounts.errors import TokenRefused, UserNotFound, WrongCredentials
from core.accounts.ports import RefreshFamilies, Tokens, UserRepository
from core.errors import FaultList, parse_one
from core.ports import Atomic, Clock, Ids
from core.values import email as email_address
from core.values import text


@frozen
class CreateUser:
    """Adds someone who signs in by email and password. Raises `Forbidden`, `Invalid`, `UserEmailTaken`."""

    users: UserRepository
    clock: Clock
    ids: Ids

    def __call__(self, *, actor: Actor, email: str, password: str, role: Role | str) -> User:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        user = User.create(self.ids.new(now), now, email_address=email, role=role, password=password)
        self.users.add(user, password)
        return user


@frozen
class SignIn:
    """Starts a family of refresh tokens for whoever knows the password. Raises `Invalid`, `WrongCredentials`."""

    users: UserRepository
    families: RefreshFamilies
    tokens: Tokens
    clock: Clock
    ids: Ids
    lifetimes: TokenLifetimes

    def __call__(self, *, email: str, password: str) -> TokenPair:
        faults = FaultList()
        address = ""
        with faults.noting("email"):
            address = email_address(email)
        with faults.noting("password"):
            text(password)
        faults.raise_if_any()
        user = self.users.verify(address, password)
        if user is None:
            raise WrongCredentials
        now = self.clock.now()
        family = RefreshFamily(
            id=self.ids.new(now),
            user_id=user.id,
            token_id=self.ids.new(now),
            expires_at=now + self.lifetimes.refresh,
        )
        self.families.add(family)
        access = self.tokens.access(user.id, now, now + self.lifetimes.access)
        return TokenPair(access, self.tokens.refresh(family, now))


@frozen
class RefreshSession:
    """Trades a refresh token for a new pair. A token used for the second time was copied: its whole family is revoked.

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
            if family is None or not family.is_live(now) or not self._is_active(family):
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
        access = self.tokens.access(family.user_id, now, now + self.lifetimes.access)
        return TokenPair(access, self.tokens.refresh(family, now))

    def _is_active(self, family: RefreshFamily) -> bool:
        try:
            return self.users.get(family.user_id).is_active
        except UserNotFound:
            return False


@frozen
class SignOut:
    """Revokes the family of a refresh token; doing it twice is harmless. Raises `Invalid`, `TokenRefused`."""

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


@frozen
class Authenticate:
    """Who holds an access token. The user is read each time: who is disabled or demoted is so at once.

    Raises `TokenRefused`.
    """

    users: UserRepository
    tokens: Tokens

    def __call__(self, *, access: str, request_id: str) -> SignedIn:
        try:
            user = self.users.get(self.tokens.read_access(access))
        except UserNotFound:
            raise TokenRefused from None
        if not user.is_active:
            raise TokenRefused
        return SignedIn(user, Actor.user(user.id, user.role, request_id))
