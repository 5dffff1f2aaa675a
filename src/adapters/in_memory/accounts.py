import hashlib
import hmac
import secrets
from uuid import UUID

from attrs import frozen

from adapters.in_memory.store import Store
from core.accounts.entities import RefreshFamily, User
from core.accounts.errors import UserEmailTaken, UserNotFound
from core.accounts.ports import RefreshFamilies, UserRepository

_SALT_BYTES = 16


@frozen
class InMemoryUserRepository(UserRepository):
    store: Store

    def get(self, user_id: UUID) -> User:
        with self.store.lock:
            try:
                return self.store.users[user_id]
            except KeyError:
                raise UserNotFound from None

    def add(self, user: User, password: str) -> None:
        hashed = _hash(password, secrets.token_bytes(_SALT_BYTES))
        with self.store.lock:
            if any(other.email == user.email for other in self.store.users.values()):
                raise UserEmailTaken
            self.store.users[user.id] = user
            self.store.passwords[user.id] = hashed

    def verify(self, email: str, password: str) -> User | None:
        with self.store.lock:
            user = next((u for u in self.store.users.values() if u.email == email and u.is_active), None)
            stored = self.store.passwords[user.id] if user else bytes(_SALT_BYTES)
        return user if hmac.compare_digest(_hash(password, stored[:_SALT_BYTES]), stored) else None


def _hash(password: str, salt: bytes) -> bytes:
    return salt + hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=2**12, r=8, p=1)


@frozen
class InMemoryRefreshFamilies(RefreshFamilies):
    store: Store

    def add(self, family: RefreshFamily) -> None:
        with self.store.lock:
            self.store.families[family.id] = family

    def lock(self, family_id: UUID) -> RefreshFamily | None:
        self.store.require_atomic()
        return self.store.families.get(family_id)

    def replace(self, family: RefreshFamily) -> None:
        self.add(family)
