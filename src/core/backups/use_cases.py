from pathlib import Path

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.backups.ports import StoreCopies


@frozen
class BackUp:
    """Saves everything that the registry has in a new file. Raises `Forbidden`, `Conflict`, `Unavailable`."""

    copies: StoreCopies
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, path: Path) -> None:
        actor.require(Permission.BACK_UP)
        self.accesses.record(actor, AccessAction.BACKED_UP)
        self.copies.save(path)


@frozen
class Restore:
    """Replaces everything that the registry has by a backup. With `replace`, there may be something to replace.

    Afterwards, patients who were erased since the backup are there again: see `ReplayErasures`. Raises `Forbidden`,
    `Conflict`, `Unavailable`.
    """

    copies: StoreCopies

    def __call__(self, *, actor: Actor, path: Path, replace: bool = False) -> None:
        actor.require(Permission.RESTORE)
        self.copies.load(path, replace=replace)
