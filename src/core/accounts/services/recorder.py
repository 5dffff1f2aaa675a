from datetime import datetime
from uuid import UUID

from attrs import frozen

from core.access import Actor
from core.accounts.audit import AccountAction, AccountEvent
from core.accounts.entities import User
from core.accounts.ports import AccountTrail
from core.accounts.service_accounts import ServiceAccount
from core.ports import IdGenerator


@frozen
class AccountRecorder:
    """Writes audit events. Call it in the same `Atomic` as the change."""

    trail: AccountTrail
    ids: IdGenerator

    def record(self, actor: Actor, at: datetime, account_id: UUID, action: AccountAction, **details: str) -> None:
        self.trail.record(AccountEvent.of(self.ids.new(at), at, actor, account_id, action, **details))

    def record_changes(
        self, actor: Actor, at: datetime, before: User | ServiceAccount, after: User | ServiceAccount
    ) -> None:
        """Records one event for a changed role, and one for an account that was enabled or disabled."""
        if after.role != before.role:
            self.record(actor, at, after.id, AccountAction.ROLE_CHANGED, before=before.role, after=after.role)
        if after.is_active != before.is_active:
            self.record(actor, at, after.id, AccountAction.ENABLED if after.is_active else AccountAction.DISABLED)
