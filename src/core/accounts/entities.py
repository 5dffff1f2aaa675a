from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from core.access import Actor, Role
from core.errors import FaultList, Refused
from core.values import choice, email, text

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256


@frozen(kw_only=True, repr=False)
class User:
    """Someone who signs in. Passwords are the repository's secret and never part of this."""

    id: UUID
    email: str
    role: Role
    is_active: bool
    created_at: datetime

    @classmethod
    def create(cls, new_id: UUID, now: datetime, *, email_address: str, role: Role | str, password: str) -> "User":
        """Raises `Invalid` with every fault there is; the password is checked and not kept."""
        faults = FaultList()
        address, chosen = "", Role.READER
        with faults.noting("email"):
            address = email(email_address)
        with faults.noting("role"):
            chosen = choice(role, Role)
        with faults.noting("password"):
            _check_password(password)
        faults.raise_if_any()
        return cls(id=new_id, email=address, role=chosen, is_active=True, created_at=now)

    def __repr__(self) -> str:
        return f"<User {self.id}>"


def _check_password(raw: object) -> None:
    if not SHORTEST_PASSWORD <= len(text(raw)) <= LONGEST_PASSWORD:
        raise Refused("length", f"Give a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")


@frozen(kw_only=True)
class RefreshFamily:
    """All refresh tokens that descend from one sign-in. Only the newest, `token_id`, may be used."""

    id: UUID
    user_id: UUID
    token_id: UUID
    expires_at: datetime
    revoked: bool = False

    def is_live(self, now: datetime) -> bool:
        return not self.revoked and now < self.expires_at

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
class SignedIn:
    user: User
    actor: Actor
