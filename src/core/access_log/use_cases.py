from typing import Unpack

from attrs import frozen

from core.access import Actor, Permission
from core.access_log.entities import AccessAction, AccessCursor, AccessEntry, AccessFilters, AccessQuery, Seen
from core.access_log.ports import AccessLogEntries
from core.access_log.services.recorder import AccessRecorder
from core.errors import ErrorCollector
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class AccessPage:
    """`next` is where the next page begins, or None on the last page."""

    entries: tuple[AccessEntry, ...]
    next: AccessCursor | None


@frozen
class ListAccesses:
    """The entries of the access log that match every filter, newest first. Reading them is recorded, too.

    `errors` are reported together with those of the filters. Raises `Forbidden`, `ValidationError`.
    """

    entries: AccessLogEntries
    accesses: AccessRecorder

    def __call__(
        self,
        *,
        actor: Actor,
        filters: AccessFilters,
        before: AccessCursor | None = None,
        limit: object = DEFAULT_PER_PAGE,
        errors: ErrorCollector | None = None,
    ) -> AccessPage:
        actor.require(Permission.VIEW_AUDIT)
        errors = errors or ErrorCollector()
        most = DEFAULT_PER_PAGE
        with errors.field("limit"):
            most = parse_page_limit(limit)
        query = AccessQuery.parse(filters, errors)
        found = self.entries.find(query, before=before, limit=most + 1)
        page = found[:most]
        self.accesses.record(actor, AccessAction.AUDIT_VIEWED, patient_id=query.patient_id, count=len(page))
        return AccessPage(page, AccessCursor(page[-1].at, page[-1].number) if len(found) > most else None)


@frozen
class RecordAccess:
    """Records what a driving adapter showed without another use case: a page of the admin.

    The page has checked the actor's permissions. Raises `Unavailable`.
    """

    accesses: AccessRecorder

    def __call__(self, *, actor: Actor, action: AccessAction, **seen: Unpack[Seen]) -> None:
        self.accesses.record(actor, action, **seen)
