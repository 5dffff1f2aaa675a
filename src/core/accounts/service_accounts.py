"""Accounts of other systems, which authenticate with a key."""

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import NotRequired, TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, field, frozen

from core.access import Role
from core.accounts.entities import ParsedAccountChanges, parse_role
from core.accounts.errors import ServiceKeyNotFound, TooManyKeys
from core.errors import ErrorCollector, InvalidValue, Parser, parse_fields
from core.values import parse_datetime, parse_single_line, parse_str

KEY_PREFIX = "prk_"  # identifies keys, also for secret scanners
MAX_LIVE_KEYS = 2  # so that a key can be replaced before it is revoked
MAX_SERVICE_NAME_LENGTH = 50
MAX_KEY_NAME_LENGTH = 50
KEY_LIFETIME = timedelta(days=90)
MAX_KEY_LIFETIME = timedelta(days=366)
_NAME = re.compile("[a-z0-9](?:[a-z0-9-]{1,48})[a-z0-9]")


def parse_service_name(raw: object) -> str:
    name = parse_str(raw)
    if not _NAME.fullmatch(name):
        raise InvalidValue("name", "Must be 3 to 50 lower-case letters, digits or inner hyphens, such as lab-import.")
    return name


def _parse_expiry(raw: object, now: datetime) -> datetime:
    expires_at = parse_datetime(raw)
    if not now < expires_at <= now + MAX_KEY_LIFETIME:
        raise InvalidValue("range", f"Must be within the next {MAX_KEY_LIFETIME.days} days.")
    return expires_at


def _digest(secret: str) -> str:
    """A fast hash is enough: the secret is random and too long to guess."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class NewKey(TypedDict):
    """The fields of a new key."""

    name: str
    expires_at: NotRequired[datetime | str | None]


class NewServiceAccount(TypedDict):
    """The fields of a new service account."""

    name: str
    role: Role | str


class _ParsedKey(TypedDict):
    name: str
    expires_at: NotRequired[datetime | None]


class _ParsedServiceAccount(TypedDict):
    name: str
    role: Role


@frozen(kw_only=True)
class ServiceKey:
    id: UUID
    name: str
    digest: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    @classmethod
    def make(
        cls, new_id: UUID, now: datetime, errors: ErrorCollector | None = None, /, **details: Unpack[NewKey]
    ) -> tuple["ServiceKey", str]:
        """Returns the key and its bearer token, which is not stored.

        Raises `ValidationError` with all errors, those in `errors` included.
        """
        parsers: dict[str, Parser] = {
            "name": lambda raw: parse_single_line(raw, MAX_KEY_NAME_LENGTH),
            "expires_at": lambda raw: None if raw is None else _parse_expiry(raw, now),
        }
        parsed = cast("_ParsedKey", parse_fields(details, parsers, required=("name",), errors=errors))
        expires_at = parsed.get("expires_at") or now + KEY_LIFETIME
        secret = token_urlsafe(32)
        key = cls(id=new_id, name=parsed["name"], digest=_digest(secret), created_at=now, expires_at=expires_at)
        return key, f"{KEY_PREFIX}{new_id.hex}_{secret}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def ended_before(self, then: datetime) -> bool:
        return self.expires_at < then or (self.revoked_at is not None and self.revoked_at < then)

    def matches(self, secret: str) -> bool:
        return hmac.compare_digest(self.digest, _digest(secret))


@frozen(kw_only=True)
class ServiceAccount:
    """Another system that calls the registry. The audit trail refers to its name, so names are never reused.

    `keys` are sorted oldest first.
    """

    id: UUID
    name: str
    role: Role
    is_active: bool
    created_at: datetime
    keys: tuple[ServiceKey, ...] = ()

    @classmethod
    def create(
        cls, new_id: UUID, now: datetime, errors: ErrorCollector | None = None, /, **details: Unpack[NewServiceAccount]
    ) -> "ServiceAccount":
        """Raises `ValidationError` with all errors, those in `errors` included."""
        parsers = {"name": parse_service_name, "role": parse_role}
        parsed = cast("_ParsedServiceAccount", parse_fields(details, parsers, required=tuple(parsers), errors=errors))
        return cls(id=new_id, name=parsed["name"], role=parsed["role"], is_active=True, created_at=now)

    def changed(self, **parsed: Unpack[ParsedAccountChanges]) -> "ServiceAccount":
        return evolve(self, **parsed)

    def key(self, key_id: UUID) -> ServiceKey:
        """Raises `ServiceKeyNotFound`."""
        for key in self.keys:
            if key.id == key_id:
                return key
        raise ServiceKeyNotFound

    def with_key(self, key: ServiceKey, now: datetime) -> "ServiceAccount":
        """Raises `TooManyKeys`."""
        if sum(existing.is_live(now) for existing in self.keys) >= MAX_LIVE_KEYS:
            raise TooManyKeys
        return evolve(self, keys=(*self.keys, key))

    def with_key_revoked(self, key_id: UUID, now: datetime) -> "ServiceAccount":
        """Idempotent: a revoked key stays unchanged. Raises `ServiceKeyNotFound`."""
        revoked = self.key(key_id)
        if revoked.revoked_at is not None:
            return self
        return evolve(self, keys=tuple(evolve(one, revoked_at=now) if one is revoked else one for one in self.keys))


def parse_key(token: str) -> tuple[UUID, str] | None:
    """The id and the secret in a bearer token, or None if it is not a key."""
    parts = re.fullmatch(f"{KEY_PREFIX}([0-9a-f]{{32}})_([A-Za-z0-9_-]{{43}})", token)
    return (UUID(parts[1]), parts[2]) if parts else None
