"""Keys with which service accounts authenticate."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import NotRequired, TypedDict, Unpack, cast
from uuid import UUID

from attrs import field, frozen

from core.access import Permission, Role
from core.accounts.key_limits import Network, is_within, parse_networks, parse_permissions
from core.errors import ErrorCollector, InvalidValue, Parser, parse_fields
from core.values import parse_datetime, parse_single_line

KEY_PREFIX = "prk_"  # identifies keys, also for secret scanners
MAX_KEY_NAME_LENGTH = 50
KEY_LIFETIME = timedelta(days=90)
MAX_KEY_LIFETIME = timedelta(days=366)
USE_INTERVAL = timedelta(hours=1)  # so that few requests write


def parse_key(token: str) -> tuple[UUID, str] | None:
    """The id and the secret in a bearer token, or None if it is not a key."""
    parts = re.fullmatch(f"{KEY_PREFIX}([0-9a-f]{{32}})_([A-Za-z0-9_-]{{43}})", token)
    return (UUID(parts[1]), parts[2]) if parts else None


def _parse_expiry(raw: object, now: datetime) -> datetime:
    expires_at = parse_datetime(raw)
    if not now < expires_at <= now + MAX_KEY_LIFETIME:
        raise InvalidValue("range", f"Must be within the next {MAX_KEY_LIFETIME.days} days.")
    return expires_at


def _digest(secret: str) -> str:
    """A fast hash is enough: the secret is random and too long to guess."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class NewKey(TypedDict):
    """The fields of a new key. `same_limits_as` is the id of another key of the account, whose networks and permissions
    it gets unless they are given."""

    name: str
    expires_at: NotRequired[datetime | str | None]
    networks: NotRequired[Sequence[Network | str]]
    permissions: NotRequired[Sequence[Permission | str]]
    same_limits_as: NotRequired[UUID | str | None]


class _ParsedKey(TypedDict):
    name: str
    expires_at: NotRequired[datetime | None]
    networks: NotRequired[tuple[Network, ...]]
    permissions: NotRequired[tuple[Permission, ...]]
    same_limits_as: NotRequired["ServiceKey | None"]


@frozen(kw_only=True)
class ServiceKey:
    """Works from `networks` only, and has only those of the role's permissions that `permissions` lists. An empty tuple
    sets no limit. `last_used_at` is up to `USE_INTERVAL` before the last use."""

    id: UUID
    name: str
    digest: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    permissions: tuple[Permission, ...] = ()

    @classmethod
    def make(
        cls,
        new_id: UUID,
        now: datetime,
        role: Role,
        others: Sequence["ServiceKey"],
        errors: ErrorCollector | None = None,
        /,
        **details: Unpack[NewKey],
    ) -> tuple["ServiceKey", str]:
        """For an account with this role and these other keys. Returns the key and its token, which is not stored.

        Raises `ValidationError` with all errors, those in `errors` included.
        """
        parsers: dict[str, Parser] = {
            "name": lambda raw: parse_single_line(raw, MAX_KEY_NAME_LENGTH),
            "expires_at": lambda raw: None if raw is None else _parse_expiry(raw, now),
            "networks": parse_networks,
            "permissions": lambda raw: parse_permissions(raw, role),
            "same_limits_as": lambda raw: None if raw is None else _find(raw, others),
        }
        parsed = cast("_ParsedKey", parse_fields(details, parsers, required=("name",), errors=errors))
        same, secret = parsed.get("same_limits_as"), token_urlsafe(32)
        key = cls(
            id=new_id,
            name=parsed["name"],
            digest=_digest(secret),
            created_at=now,
            expires_at=parsed.get("expires_at") or now + KEY_LIFETIME,
            networks=parsed.get("networks", same.networks if same else ()),
            permissions=parsed.get("permissions", same.permissions if same else ()),
        )
        return key, f"{key.prefix}_{secret}"

    @property
    def prefix(self) -> str:
        """What its token begins with: no secret, and different for each key."""
        return f"{KEY_PREFIX}{self.id.hex}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def use_is_due(self, now: datetime) -> bool:
        """Whether to store that it is used now."""
        return self.last_used_at is None or now - self.last_used_at >= USE_INTERVAL

    def ended_before(self, then: datetime) -> bool:
        return self.expires_at < then or (self.revoked_at is not None and self.revoked_at < then)

    def matches(self, secret: str) -> bool:
        return hmac.compare_digest(self.digest, _digest(secret))

    def works_from(self, address: str) -> bool:
        return not self.networks or is_within(address, self.networks)

    def permissions_in(self, role: Role) -> frozenset[Permission]:
        return role.permissions.intersection(self.permissions) if self.permissions else role.permissions

    def limits(self) -> dict[str, str]:
        """Those that are set, for people and for the audit trail."""
        limits = {"networks": self.networks, "permissions": self.permissions}
        return {limit: ", ".join(map(str, values)) for limit, values in limits.items() if values}


def _find(raw: object, keys: Sequence[ServiceKey]) -> ServiceKey:
    wanted = str(raw) if isinstance(raw, UUID) else parse_single_line(raw, 36).lower()
    for key in keys:
        if str(key.id) == wanted:
            return key
    raise InvalidValue("unknown", "Must be the id of a key of this account.")
