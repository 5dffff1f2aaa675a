from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.accounts.entities import RefreshFamily, User


class UserRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, user_id: UUID) -> User:
        """Raises `UserNotFound`."""
        ...

    def add(self, user: User, password: str) -> None:
        """Stores the password as a slow, salted hash. Raises `UserEmailTaken`."""
        ...

    def verify(self, email: str, password: str) -> User | None:
        """The active user with this email and password. None otherwise, after as long a time."""
        ...


class RefreshFamilies(Protocol):
    def add(self, family: RefreshFamily) -> None: ...

    def lock(self, family_id: UUID) -> RefreshFamily | None:
        """The family, held until the surrounding `Atomic` ends; None if there never was one.

        Raises `NotAtomic` outside `Atomic`.
        """
        ...

    def replace(self, family: RefreshFamily) -> None: ...


class Tokens(Protocol):
    """Makes and reads signed tokens. Reading raises `TokenRefused` for whatever is not a live token of its kind."""

    def access(self, user_id: UUID, issued_at: datetime, expires_at: datetime) -> str: ...

    def refresh(self, family: RefreshFamily, issued_at: datetime) -> str: ...

    def read_access(self, token: str) -> UUID:
        """The user's id."""
        ...

    def read_refresh(self, token: str) -> tuple[UUID, UUID]:
        """The family's id and the token's own."""
        ...
