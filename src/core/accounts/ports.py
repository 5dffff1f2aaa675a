from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.access import Role
from core.accounts.audit import AccountEvent
from core.accounts.entities import User
from core.accounts.service_accounts import ServiceAccount
from core.accounts.sessions import RefreshFamily
from core.paging import Page


class UserRepository(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, user_id: UUID) -> User:
        """Raises `UserNotFound`."""
        ...

    def emails(self, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of those who are there."""
        ...

    def lock(self, user_id: UUID) -> User:
        """The user as they are now; nobody else can lock or change them until the surrounding `Atomic` ends.

        Raises `UserNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def lock_active_admins(self) -> frozenset[UUID]:
        """All active admins, locked one after the other in the order of their ids. Raises `TransactionRequired`."""
        ...

    def hash(self, password: str) -> str:
        """Salted, and slow on purpose: to be called outside `Atomic`."""
        ...

    def add(self, user: User, hashed: str) -> None:
        """Raises `UserEmailTaken`."""
        ...

    def replace(self, user: User, hashed: str | None = None) -> None:
        """Stores `user` in place of what `lock` returned, with a new password or the one there was."""
        ...

    def verify(self, email: str, password: str) -> User | None:
        """The active user with this email and password. None otherwise, after as long a time."""
        ...

    def find(
        self, *, email: str | None, role: Role | None, is_active: bool | None, after: UUID | None, limit: int
    ) -> Page[User]:
        """Those for whom every filter holds. Newest first, which is by falling id."""
        ...


class ServiceAccountRepository(Protocol):
    """Accounts with all their keys. Every method raises `Unavailable` when the store does not answer."""

    def get(self, account_id: UUID) -> ServiceAccount:
        """Raises `ServiceAccountNotFound`."""
        ...

    def lock(self, account_id: UUID) -> ServiceAccount:
        """The account as it is now; nobody else can lock or change it until the surrounding `Atomic` ends.

        Raises `ServiceAccountNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def get_by_key(self, key_id: UUID) -> ServiceAccount | None:
        """The account that the key is for; None if there is no such key."""
        ...

    def add(self, account: ServiceAccount) -> None:
        """Raises `ServiceNameTaken`."""
        ...

    def replace(self, account: ServiceAccount) -> None:
        """Stores `account` in place of what `lock` returned."""
        ...

    def find(self, *, name: str | None, after: UUID | None, limit: int) -> Page[ServiceAccount]:
        """Newest first, which is by falling id."""
        ...

    def purge_keys(self, ended_before: datetime, most: int) -> int:
        """Removes up to `most` keys that expired or were revoked before then. Returns how many."""
        ...


class SignInHistory(Protocol):
    """From where accounts were signed in to lately. Digests are kept, as it is personal; they may be lost any time."""

    def remember(self, email: str, origin: str) -> None:
        """For 30 days."""
        ...

    def knows(self, email: str, origin: str) -> bool: ...


class RefreshFamilyRepository(Protocol):
    def add(self, family: RefreshFamily) -> None: ...

    def lock(self, family_id: UUID) -> RefreshFamily | None:
        """The family, held until the surrounding `Atomic` ends; None if there never was one.

        Raises `TransactionRequired` outside `Atomic`.
        """
        ...

    def get_with_user(self, family_id: UUID) -> tuple[RefreshFamily, User] | None:
        """The family and whose it is, read at once; None if there is no such family."""
        ...

    def replace(self, family: RefreshFamily) -> None: ...

    def purge(self, expired_before: datetime, most: int) -> int:
        """Removes up to `most` families that expired before then. Returns how many."""
        ...


class AccountTrail(Protocol):
    def record(self, event: AccountEvent) -> None: ...

    def history(self, account_id: UUID, *, after: UUID | None, limit: int) -> Page[AccountEvent]:
        """Newest first, which is by falling id; empty for an account that never was."""
        ...


class TokenService(Protocol):
    """Makes and reads signed tokens. Reading raises `TokenRefused` for whatever is not a live token of its kind."""

    def access(self, family: RefreshFamily, issued_at: datetime, expires_at: datetime) -> str: ...

    def refresh(self, family: RefreshFamily, issued_at: datetime) -> str: ...

    def read_access(self, token: str) -> UUID:
        """The id of the family that the token belongs to."""
        ...

    def read_refresh(self, token: str) -> tuple[UUID, UUID]:
        """The family's id and the token's own."""
        ...
