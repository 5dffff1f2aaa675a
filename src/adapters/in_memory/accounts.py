import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from attrs import evolve, field, frozen

from adapters.in_memory.paging import newest_first
from adapters.in_memory.store import Store
from core.access import Role
from core.accounts.audit import AccountEvent
from core.accounts.entities import User
from core.accounts.errors import ServiceAccountNotFound, ServiceNameTaken, UserEmailTaken, UserNotFound
from core.accounts.password_resets import PasswordReset
from core.accounts.ports import (
    AccountTrail,
    BreachedPasswords,
    PasswordResetRepository,
    RefreshFamilyRepository,
    ServiceAccountRepository,
    SignInHistory,
    UserRepository,
)
from core.accounts.service_accounts import ServiceAccount
from core.accounts.sessions import RefreshFamily
from core.paging import Page


@frozen
class InMemoryUserRepository(UserRepository):
    store: Store

    def get(self, user_id: UUID) -> User:
        with self.store.lock:
            try:
                return self.store.users[user_id]
            except KeyError:
                raise UserNotFound from None

    def emails(self, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        with self.store.lock:
            return {user_id: self.store.users[user_id].email for user_id in user_ids if user_id in self.store.users}

    def lock(self, user_id: UUID) -> User:
        self.store.require_atomic()
        return self.get(user_id)

    def lock_active_admins(self) -> frozenset[UUID]:
        self.store.require_atomic()
        return frozenset(user.id for user in self.store.users.values() if user.is_active_admin)

    def hash(self, password: str) -> str:
        return _hash(password, secrets.token_hex(16))

    def add(self, user: User, hashed: str) -> None:
        with self.store.lock:
            if any(other.email == user.email for other in self.store.users.values()):
                raise UserEmailTaken
            self.store.users[user.id] = user
            self.store.passwords[user.id] = hashed

    def replace(self, user: User, hashed: str | None = None) -> None:
        with self.store.lock:
            self.store.users[user.id] = user
            if hashed is not None:
                self.store.passwords[user.id] = hashed

    def verify(self, email: str, password: str) -> User | None:
        with self.store.lock:
            user = next((u for u in self.store.users.values() if u.email == email and u.is_active), None)
            stored = self.store.passwords[user.id] if user else "-"
        return user if hmac.compare_digest(_hash(password, stored.partition("-")[0]), stored) else None

    def find(
        self, *, email: str | None, role: Role | None, is_active: bool | None, after: UUID | None, limit: int
    ) -> Page[User]:
        with self.store.lock:
            found = [
                user
                for user in self.store.users.values()
                if email in (None, user.email) and role in (None, user.role) and is_active in (None, user.is_active)
            ]
        return newest_first(found, after, limit)


def _hash(password: str, salt: str) -> str:
    encoded = password.encode("utf-8", "surrogatepass")
    return f"{salt}-{hashlib.scrypt(encoded, salt=salt.encode(), n=2**12, r=8, p=1).hex()}"


@frozen
class NoBreachedPasswords(BreachedPasswords):
    def contains(self, password: str) -> bool:
        return False


@frozen
class InMemoryPasswordResetRepository(PasswordResetRepository):
    store: Store

    def save(self, reset: PasswordReset) -> None:
        with self.store.lock:
            self.store.password_resets[reset.user_id] = reset

    def find(self, digest: str) -> PasswordReset | None:
        with self.store.lock:
            return next((one for one in self.store.password_resets.values() if one.digest == digest), None)


@frozen
class InMemoryServiceAccountRepository(ServiceAccountRepository):
    store: Store

    def get(self, account_id: UUID) -> ServiceAccount:
        with self.store.lock:
            try:
                return self.store.service_accounts[account_id]
            except KeyError:
                raise ServiceAccountNotFound from None

    def lock(self, account_id: UUID) -> ServiceAccount:
        self.store.require_atomic()
        return self.get(account_id)

    def get_by_key(self, key_id: UUID) -> ServiceAccount | None:
        with self.store.lock:
            accounts = self.store.service_accounts.values()
            return next((one for one in accounts if any(key.id == key_id for key in one.keys)), None)

    def add(self, account: ServiceAccount) -> None:
        with self.store.lock:
            if any(other.name == account.name for other in self.store.service_accounts.values()):
                raise ServiceNameTaken
            self.store.service_accounts[account.id] = account

    def replace(self, account: ServiceAccount) -> None:
        """Nothing was used since `lock`: a transaction holds the store."""
        with self.store.lock:
            self.store.service_accounts[account.id] = account

    def mark_used(self, key_id: UUID, at: datetime) -> None:
        with self.store.lock:
            if account := self.get_by_key(key_id):
                keys = tuple(evolve(key, last_used_at=at) if key.id == key_id else key for key in account.keys)
                self.store.service_accounts[account.id] = evolve(account, keys=keys)

    def find(self, *, name: str | None, after: UUID | None, limit: int) -> Page[ServiceAccount]:
        with self.store.lock:
            found = [account for account in self.store.service_accounts.values() if name in (None, account.name)]
        return newest_first(found, after, limit)

    def purge_keys(self, ended_before: datetime, limit: int) -> int:
        purged = 0
        with self.store.lock:
            for account in list(self.store.service_accounts.values()):
                ended = [key for key in account.keys if key.ended_before(ended_before)][: limit - purged]
                keys = tuple(key for key in account.keys if key not in ended)
                self.store.service_accounts[account.id] = evolve(account, keys=keys)
                purged += len(ended)
        return purged


@frozen
class InMemorySignInHistory(SignInHistory):
    """Never forgets: scripts are short-lived."""

    _known: set[tuple[str, str]] = field(init=False, factory=set[tuple[str, str]])

    def remember(self, email: str, origin: str) -> None:
        self._known.add((email, origin))

    def knows(self, email: str, origin: str) -> bool:
        return (email, origin) in self._known


@frozen
class InMemoryRefreshFamilyRepository(RefreshFamilyRepository):
    store: Store

    def add(self, family: RefreshFamily) -> None:
        with self.store.lock:
            self.store.refresh_families[family.id] = family

    def lock(self, family_id: UUID) -> RefreshFamily | None:
        self.store.require_atomic()
        return self.store.refresh_families.get(family_id)

    def get_with_user(self, family_id: UUID) -> tuple[RefreshFamily, User] | None:
        with self.store.lock:
            family = self.store.refresh_families.get(family_id)
            user = family and self.store.users.get(family.user_id)
        return (family, user) if family and user else None

    def list_live(self, user: User, now: datetime, limit: int) -> tuple[RefreshFamily, ...]:
        with self.store.lock:
            families = list(self.store.refresh_families.values())
        live = [one for one in families if one.user_id == user.id and one.is_live(now, user)]
        live.sort(key=lambda family: (family.refreshed_at, family.id), reverse=True)
        return tuple(live[:limit])

    def replace(self, family: RefreshFamily) -> None:
        self.add(family)

    def purge(self, expired_before: datetime, limit: int) -> int:
        with self.store.lock:
            expired = [key for key, one in self.store.refresh_families.items() if one.expires_at < expired_before][
                :limit
            ]
            for key in expired:
                del self.store.refresh_families[key]
        return len(expired)


@frozen
class InMemoryAccountTrail(AccountTrail):
    store: Store

    def record(self, event: AccountEvent) -> None:
        with self.store.lock:
            self.store.account_events[event.id] = event

    def history(self, account_id: UUID, *, after: UUID | None, limit: int) -> Page[AccountEvent]:
        with self.store.lock:
            found = [event for event in self.store.account_events.values() if event.account_id == account_id]
        return newest_first(found, after, limit)
