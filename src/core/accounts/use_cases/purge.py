from collections.abc import Callable
from datetime import timedelta

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.ports import RefreshFamilyRepository, ServiceAccountRepository
from core.ports import Clock

KEEP_FAMILIES = timedelta(days=1)
KEEP_KEYS = timedelta(days=30)  # so that a revoked key that is still in use can be identified


@frozen
class PurgeResult:
    families: int
    keys: int


@frozen
class PurgeExpired:
    """Removes refresh tokens one day after they expire, and service keys 30 days after they expire or are revoked.

    Raises `Forbidden`.
    """

    families: RefreshFamilyRepository
    service_accounts: ServiceAccountRepository
    clock: Clock
    batch_size: int = 1_000  # small, so that other transactions do not wait long

    def __call__(self, *, actor: Actor) -> PurgeResult:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        return PurgeResult(
            families=_purge_all(lambda: self.families.purge(now - KEEP_FAMILIES, self.batch_size)),
            keys=_purge_all(lambda: self.service_accounts.purge_keys(now - KEEP_KEYS, self.batch_size)),
        )


def _purge_all(purge: Callable[[], int]) -> int:
    total = 0
    while purged := purge():
        total += purged
    return total
