from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.access import Role
from core.accounts.audit import AccountEvent
from core.accounts.entities import User
from core.accounts.password_resets import PasswordReset
from core.accounts.service_accounts import ServiceAccount
from core.accounts.sessions import RefreshFamily
from core.paging import Page


class UserRepository(Protocol):
    """Every method raises `Unavailable` when the store does not respond."""

    def get(self, user_id: UUID) -> User:
        """Raises `UserNotFound`."""
        ...

    def emails(self, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """By user id. Unknown ids are skipped."""
        ...

    def lock(self, user_id: UUID) -> User:
        """Reads the user and locks the row until the surrounding `Atomic` ends.

        Raises `UserNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def lock_active_admins(self) -> frozenset[UUID]:
        """Locks all active admins, in the order of their ids. Raises `TransactionRequired` outside `Atomic`."""
        ...

    def hash(self, password: str) -> str:
        """Salted and deliberately slow. Call it outside `Atomic`."""
        ...

    def add(self, user: User, hashed: str) -> None:
        """Raises `UserEmailTaken`."""
        ...

    def replace(self, user: User, hashed: str | None = None) -> None:
        """Replaces the user that `lock` returned. Keeps the password if `hashed` is None."""
        ...

    def verify(self, email: str, password: str) -> User | None:
        """The active user with this email and password, otherwise None. Takes the same time in both cases."""
        ...

    def find(
        self, *, email: str | None, role: Role | None, is_active: bool | None, after: UUID | None, limit: int
    ) -> Page[User]:
        """The users that match every filter, newest first (descending id)."""
        ...


class BreachedPasswords(Protocol):
    """Passwords that attackers know and try."""

    def contains(self, password: str) -> bool:
        """Raises `Unavailable` if the list cannot be read."""
        ...


class PasswordResetRepository(Protocol):
    """At most one reset per user. Every method raises `Unavailable` when the store does not respond."""

    def save(self, reset: PasswordReset) -> None:
        """Replaces the user's previous one."""
        ...

    def find(self, digest: str) -> PasswordReset | None:
        """The reset whose code has this digest, or None. It may be used or expired."""
        ...


class ServiceAccountRepository(Protocol):
    """Accounts with all their keys. Every method raises `Unavailable` when the store does not respond."""

    def get(self, account_id: UUID) -> ServiceAccount:
        """Raises `ServiceAccountNotFound`."""
        ...

    def lock(self, account_id: UUID) -> ServiceAccount:
        """Reads the account and locks its row until the surrounding `Atomic` ends.

        Raises `ServiceAccountNotFound`, and `TransactionRequired` outside `Atomic`.
        """
        ...

    def get_by_key(self, key_id: UUID) -> ServiceAccount | None:
        """The account that owns the key, or None if the key does not exist."""
        ...

    def add(self, account: ServiceAccount) -> None:
        """Raises `ServiceNameTaken`."""
        ...

    def replace(self, account: ServiceAccount) -> None:
        """Replaces the account that `lock` returned."""
        ...

    def mark_used(self, key_id: UUID, at: datetime) -> None:
        """Stores when the key was used. `replace` keeps that time, also if it was stored since `lock`."""
        ...

    def find(self, *, name: str | None, after: UUID | None, limit: int) -> Page[ServiceAccount]:
        """Newest first (descending id)."""
        ...

    def purge_keys(self, ended_before: datetime, limit: int) -> int:
        """Removes up to `limit` keys that expired or were revoked before then. Returns the number."""
        ...


class SignInHistory(Protocol):
    """The networks from which accounts signed in recently. Stores digests only. Entries can disappear at any time."""

    def remember(self, email: str, origin: str) -> None:
        """For 30 days."""
        ...

    def knows(self, email: str, origin: str) -> bool: ...


class RefreshFamilyRepository(Protocol):
    def add(self, family: RefreshFamily) -> None: ...

    def lock(self, family_id: UUID) -> RefreshFamily | None:
        """Reads the family and locks its row until the surrounding `Atomic` ends. None if it does not exist.

        Raises `TransactionRequired` outside `Atomic`.
        """
        ...

    def get_with_user(self, family_id: UUID) -> tuple[RefreshFamily, User] | None:
        """The family and its user, read in one query, or None if the family does not exist."""
        ...

    def list_live(self, user: User, now: datetime, limit: int) -> tuple[RefreshFamily, ...]:
        """The user's sessions that have not ended, by the last refresh, newest first."""
        ...

    def replace(self, family: RefreshFamily) -> None: ...

    def purge(self, expired_before: datetime, limit: int) -> int:
        """Removes up to `limit` families that expired before then. Returns the number."""
        ...


class AccountTrail(Protocol):
    def record(self, event: AccountEvent) -> None: ...

    def history(self, account_id: UUID, *, after: UUID | None, limit: int) -> Page[AccountEvent]:
        """Newest first (descending id). Empty for an unknown account."""
        ...


class TokenService(Protocol):
    """Creates and reads signed tokens. Reading raises `TokenRefused` for an invalid or expired token, or one of another
    kind."""

    def access(self, family: RefreshFamily, issued_at: datetime, expires_at: datetime) -> str: ...

    def refresh(self, family: RefreshFamily, issued_at: datetime) -> str: ...

    def read_access(self, token: str) -> UUID:
        """The id of the family that the token belongs to."""
        ...

    def read_refresh(self, token: str) -> tuple[UUID, UUID]:
        """The id of the family and the id of the token."""
        ...
