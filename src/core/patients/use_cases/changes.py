from attrs import frozen

from core.access import Actor, Permission
from core.errors import parse_one
from core.patients.audit import Change
from core.patients.ports import ChangeLog
from core.ports import Atomic
from core.values import DEFAULT_PER_PAGE, page_limit


@frozen
class ChangePage:
    """`next` is the position to go on after: now if the page is full, later if it is not."""

    changes: tuple[Change, ...]
    next: int


@frozen
class FollowChanges:
    """Every change and erasure of every patient, once, in the order they were committed in.

    Whoever goes on after `next` each time misses none, an empty page included: what is committed later comes later.
    Raises `Forbidden`, `Invalid`.
    """

    changes: ChangeLog
    atomic: Atomic

    def __call__(self, *, actor: Actor, after: int = 0, limit: int = DEFAULT_PER_PAGE) -> ChangePage:
        actor.require(Permission.VIEW_PATIENTS)
        parse_one("limit", page_limit, limit)
        found = self.atomic(lambda: self.changes.after(after, limit))
        return ChangePage(found, found[-1].position if found else after)
