from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, parse_changes
from core.accounts.ports import ServiceAccountRepository
from core.accounts.service_accounts import NewServiceAccount, ServiceAccount, parse_service_name
from core.accounts.service_keys import NewKey, ServiceKey
from core.accounts.services.recorder import AccountRecorder
from core.errors import ErrorCollector, parse_field
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class CreateServiceAccount:
    """Adds a service account without keys. `errors` are reported together with those of the fields.

    Raises `Forbidden`, `ValidationError`, `ServiceNameTaken`.
    """

    service_accounts: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(
        self, *, actor: Actor, errors: ErrorCollector | None = None, **details: Unpack[NewServiceAccount]
    ) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        account = ServiceAccount.create(self.ids.new(now), now, errors, **details)
        actor.require_all(account.role.permissions)

        def create() -> ServiceAccount:
            self.service_accounts.add(account)
            self.recorder.record(actor, now, account.id, AccountAction.CREATED, role=account.role)
            return account

        return self.atomic(create)


@frozen
class ListServiceAccounts:
    """Service accounts with their keys, newest first, or only the one with this name.

    Raises `Forbidden`, `ValidationError`.
    """

    service_accounts: ServiceAccountRepository

    def __call__(
        self, *, actor: Actor, name: str | None = None, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[ServiceAccount]:
        actor.require(Permission.MANAGE_USERS)
        parsed_name = None if name is None else parse_field("name", parse_service_name, name)
        parse_field("limit", parse_page_limit, limit)
        return self.service_accounts.find(name=parsed_name, after=after, limit=limit)


@frozen
class ViewServiceAccount:
    """Raises `Forbidden`, `ServiceAccountNotFound`."""

    service_accounts: ServiceAccountRepository

    def __call__(self, *, actor: Actor, account_id: UUID) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        return self.service_accounts.get(account_id)


@frozen
class UpdateServiceAccount:
    """Changes the role of a service account, or disables or enables it. Takes effect with its next request.

    `errors` are reported together with those of the fields.

    Raises `Forbidden`, `ValidationError`, `ServiceAccountNotFound`.
    """

    service_accounts: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(
        self, *, actor: Actor, account_id: UUID, errors: ErrorCollector | None = None, **changes: Unpack[AccountChanges]
    ) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        parsed = parse_changes(changes, errors)
        now = self.clock.now()

        def update() -> ServiceAccount:
            before = self.service_accounts.lock(account_id)
            after = before.changed(**parsed)
            actor.require_all(before.role.permissions | after.role.permissions)
            if after != before:
                self.service_accounts.replace(after)
                self.recorder.record_changes(actor, now, before, after)
            return after

        return self.atomic(update)


@frozen
class CreateServiceKey:
    """Creates a key and returns it with its bearer token. The token is not stored and cannot be retrieved later.

    An account has at most two live keys, also after concurrent calls. A key expires after 90 days by default and after
    at most 366 days. It can be limited to networks, and to some of the role's permissions. `errors` are reported
    together with those of the fields.
    Raises `Forbidden`, `ValidationError`, `ServiceAccountNotFound`, `TooManyKeys`.
    """

    service_accounts: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(
        self, *, actor: Actor, account_id: UUID, errors: ErrorCollector | None = None, **details: Unpack[NewKey]
    ) -> tuple[ServiceKey, str]:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()

        def make() -> tuple[ServiceKey, str]:
            account = self.service_accounts.lock(account_id)
            key, token = ServiceKey.make(self.ids.new(now), now, account.role, account.keys, errors, **details)
            actor.require_all(key.permissions_in(account.role))
            self.service_accounts.replace(account.with_key(key, now))
            named = {"key_id": str(key.id), "name": key.name}
            self.recorder.record(actor, now, account_id, AccountAction.KEY_CREATED, **named, **key.limits())
            return key, token

        return self.atomic(make)


@frozen
class RevokeServiceKey:
    """Revokes a key immediately. Idempotent.

    Raises `Forbidden`, `ServiceAccountNotFound`, `ServiceKeyNotFound`.
    """

    service_accounts: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, account_id: UUID, key_id: UUID) -> None:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()

        def revoke() -> None:
            before = self.service_accounts.lock(account_id)
            after = before.with_key_revoked(key_id, now)
            if after is before:
                return
            self.service_accounts.replace(after)
            name = after.key(key_id).name
            self.recorder.record(actor, now, account_id, AccountAction.KEY_REVOKED, key_id=str(key_id), name=name)

        self.atomic(revoke)
