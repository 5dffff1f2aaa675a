from datetime import timedelta
from hashlib import blake2b

from attrs import frozen

from adapters.caching.backend import CacheBackend
from core.accounts.ports import SignInHistory

REMEMBERED = timedelta(days=30)


@frozen
class CacheSignInHistory(SignInHistory):
    backend: CacheBackend

    def remember(self, email: str, origin: str) -> None:
        self.backend(lambda cache: cache.set(_key(email, origin), 1, timeout=REMEMBERED.total_seconds()))

    def knows(self, email: str, origin: str) -> bool:
        return self.backend(lambda cache: cache.get(_key(email, origin))) is not None


def _key(email: str, origin: str) -> str:
    return f"signed-in:{blake2b(f'{origin} {email}'.encode(), digest_size=16).hexdigest()}"
