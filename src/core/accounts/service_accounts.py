"""Accounts of other systems, which authenticate with a key."""

import re
from datetime import datetime
from typing import TypedDict, Unpack, cast
from uuid import UUID

from attrs import evolve, frozen

from core.access import Role
from core.accounts.entities import ParsedAccountChanges, parse_role
from core.accounts.errors import ServiceKeyNotFound, TooManyKeys
from core.accounts.service_keys import ServiceKey
from core.errors import ErrorCollector, InvalidValue, parse_fields
from core.values import parse_str

MAX_LIVE_KEYS = 2  # so that a key can be replaced before it is revoked
MAX_SERVICE_NAME_LENGTH = 50
_NAME = re.compile("[a-z0-9](?:[a-z0-9-]{1,48})[a-z0-9]")


def parse_service_name(raw: object) -> str:
    name = parse_str(raw)
    if not _NAME.fullmatch(name):
        raise InvalidValue("name", "Must be 3 to 50 lower-case letters, digits or inner hyphens, such as lab-import.")
    return name


class NewServiceAccount(TypedDict):
    """The fields of a new service account."""

    name: str
    role: Role | str


class _ParsedServiceAccount(TypedDict):
    name: str
    role: Role


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
