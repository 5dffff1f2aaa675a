from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountEvent
from core.accounts.errors import AccountNotFound
from core.accounts.ports import AccountTrail
from core.errors import parse_field
from core.paging import Page
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class ViewAccountHistory:
    """The audit events of a user or service account, newest first.

    Raises `Forbidden`, `ValidationError`, `AccountNotFound`.
    """

    trail: AccountTrail

    def __call__(
        self, *, actor: Actor, account_id: UUID, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[AccountEvent]:
        actor.require(Permission.MANAGE_USERS)
        parse_field("limit", parse_page_limit, limit)
        page = self.trail.history(account_id, after=after, limit=limit)
        if not page.items and after is None:
            raise AccountNotFound
        return page
