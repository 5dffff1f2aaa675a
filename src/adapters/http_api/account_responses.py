"""What accounts look like in JSON, as `responses` says it of the rest."""

from collections.abc import Mapping

from core.accounts.audit import AccountEvent
from core.accounts.entities import User
from core.accounts.services import ServiceAccount, ServiceKey


def user_json(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
        "must_change_password": user.must_change_password,
        "created_at": user.created_at,
    }


def service_account_json(account: ServiceAccount) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "is_active": account.is_active,
        "created_at": account.created_at,
        "keys": [key_json(key) for key in account.keys],
    }


def key_json(key: ServiceKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }


def account_event_json(event: AccountEvent, names: Mapping[str, str | None]) -> dict[str, object]:
    return {
        "id": event.id,
        "at": event.at,
        "actor": event.actor,
        "actor_name": names[event.actor],
        "request_id": event.request_id,
        "action": event.action,
        "details": event.details,
    }
