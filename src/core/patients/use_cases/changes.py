from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_one
from core.patients.audit import ChangeCursor, ChangeEntry
from core.patients.errors import ChangesRestarted
from core.patients.ports import ChangeFeed
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class ChangePage:
    """`next` is where to go on: now if the page is full, later if it is not."""

    changes: tuple[ChangeEntry, ...]
    next: ChangeCursor


@frozen
class FollowChanges:
    """Every change and erasure of every patient, once, in the order they were committed in.

    Whoever goes on after `next` each time misses none, an empty page included: what is committed later comes later.
    Raises `Forbidden`, `ValidationError`, and `ChangesRestarted` for a cursor that this registry, as it is now, did not
    give.
    """

    changes: ChangeFeed

    def __call__(self, *, actor: Actor, after: ChangeCursor | None = None, limit: int = DEFAULT_PER_PAGE) -> ChangePage:
        actor.require(Permission.VIEW_PATIENTS)
        parse_one("limit", parse_page_limit, limit)
        epoch = self.changes.epoch()
        start = after or ChangeCursor(epoch, 0)
        if start.epoch != epoch:
            raise ChangesRestarted
        found = self.changes.after(start.position, limit)
        if not found and start.position > self.changes.last():
            raise ChangesRestarted
        return ChangePage(found, ChangeCursor(start.epoch, found[-1].position) if found else start)


@frozen
class RestartChanges:
    """After a restore from a backup: every cursor that was given before is refused from now on, so that all who follow
    the registry learn that what they were told may not have happened. Raises `Forbidden`."""

    changes: ChangeFeed

    def __call__(self, *, actor: Actor) -> None:
        actor.require(Permission.RESTART_CHANGES)
        self.changes.renew_epoch()
