from collections.abc import Callable
from datetime import timedelta

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.ports import RefreshFamilyRepository, ServiceAccountRepository
from core.ports import Clock

KEEP_FAMILIES = timedelta(days=1)
KEEP_KEYS = timedelta(days=30)  # to see which key it was that something still sends


@frozen
class Purged:
    families: int
    keys: int


@frozen
class PurgeExpired:
    """Removes refresh tokens a day after they expired, and keys of machines 30 days after they ended.

    Raises `Forbidden`.
    """

    families: RefreshFamilyRepository
    services: ServiceAccountRepository
    clock: Clock
    at_once: int = 1_000  # few enough for others not to wait

    def __call__(self, *, actor: Actor) -> Purged:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        return Purged(
            families=_all(lambda: self.families.purge(now - KEEP_FAMILIES, self.at_once)),
            keys=_all(lambda: self.services.purge_keys(now - KEEP_KEYS, self.at_once)),
        )


def _all(purge: Callable[[], int]) -> int:
    total = 0
    while purged := purge():
        total += purged
    return total
