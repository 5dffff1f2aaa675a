from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction
from core.access_log.services.recorder import AccessRecorder
from core.errors import parse_field
from core.patients.audit import ChangeCursor, ChangeEntry
from core.patients.errors import ChangesRestarted
from core.patients.ports import ChangeFeed
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class ChangePage:
    """`next` is the cursor of the next page. If this page is not full, there are no more changes yet."""

    changes: tuple[ChangeEntry, ...]
    next: ChangeCursor


@frozen
class FollowChanges:
    """All changes and erasures of all patients, each once, in commit order.

    A consumer that always continues with `next`, also after an empty page, misses no change.
    Raises `Forbidden`, `ValidationError`, and `ChangesRestarted` for a cursor from before a restore.
    """

    changes: ChangeFeed
    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, after: ChangeCursor | None = None, limit: int = DEFAULT_PER_PAGE) -> ChangePage:
        actor.require(Permission.VIEW_PATIENTS)
        parse_field("limit", parse_page_limit, limit)
        epoch = self.changes.epoch()
        start = after or ChangeCursor(epoch, 0)
        if start.epoch != epoch:
            raise ChangesRestarted
        entries = self.changes.after(start.position, limit)
        if not entries and start.position > self.changes.last():
            raise ChangesRestarted
        if entries:
            self.accesses.record(actor, AccessAction.CHANGES_FOLLOWED, count=len(entries))
        return ChangePage(entries, ChangeCursor(start.epoch, entries[-1].position) if entries else start)


@frozen
class RestartChanges:
    """Invalidates all cursors of the change feed. Run it after a restore from a backup: consumers then get
    `ChangesRestarted`, because changes that they received may be lost. Raises `Forbidden`."""

    changes: ChangeFeed

    def __call__(self, *, actor: Actor) -> None:
        actor.require(Permission.RESTART_CHANGES)
        self.changes.renew_epoch()
