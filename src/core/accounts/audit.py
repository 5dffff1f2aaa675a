"""The audit trail of accounts: one event for each change of roles, activity, passwords, keys and sessions."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from core.access import Actor


class AccountAction(StrEnum):
    CREATED = "created"
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    PASSWORD_SET = "password_set"  # noqa: S105 (no password)
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (no password)
    RESET_ISSUED = "reset_issued"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (no password)
    KEY_CREATED = "key_made"
    KEY_REVOKED = "key_revoked"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"


@frozen(kw_only=True)
class AccountEvent:
    """One change of one account. `details` contains roles, names and limits of keys and ids of
    sessions, never emails or secrets."""

    id: UUID
    account_id: UUID
    at: datetime
    actor: str
    request_id: str
    action: AccountAction
    details: Mapping[str, str]

    @classmethod
    def of(
        cls, new_id: UUID, at: datetime, actor: Actor, account_id: UUID, action: AccountAction, **details: str
    ) -> "AccountEvent":
        return cls(
            id=new_id,
            account_id=account_id,
            at=at,
            actor=actor.name,
            request_id=actor.request_id,
            action=action,
            details=details,
        )
