from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, parse_changes
from core.accounts.ports import ServiceAccountRepository
from core.accounts.service_accounts import NewKey, NewServiceAccount, ServiceAccount, ServiceKey, parse_service_name
from core.accounts.services.recorder import AccountRecorder
from core.errors import ErrorCollector, parse_one
from core.paging import Page
from core.ports import Atomic, Clock, IdGenerator
from core.values import DEFAULT_PER_PAGE, parse_page_limit


@frozen
class CreateServiceAccount:
    """Adds an account for a machine, which has no key yet. `errors` found in the input already are raised with those of
    its values. Raises `Forbidden`, `ValidationError`, `ServiceNameTaken`."""

    services: ServiceAccountRepository
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

        def create() -> ServiceAccount:
            self.services.add(account)
            self.recorder.record(actor, now, account.id, AccountAction.CREATED, role=account.role)
            return account

        return self.atomic(create)


@frozen
class ListServiceAccounts:
    """Service accounts with their keys, newest first; or the one of a name. Raises `Forbidden`, `ValidationError`."""

    services: ServiceAccountRepository

    def __call__(
        self, *, actor: Actor, name: str | None = None, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[ServiceAccount]:
        actor.require(Permission.MANAGE_USERS)
        called = None if name is None else parse_one("name", parse_service_name, name)
        parse_one("limit", parse_page_limit, limit)
        return self.services.find(name=called, after=after, limit=limit)


@frozen
class ViewServiceAccount:
    """One service account with its keys. Raises `Forbidden`, `ServiceAccountNotFound`."""

    services: ServiceAccountRepository

    def __call__(self, *, actor: Actor, account_id: UUID) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        return self.services.get(account_id)


@frozen
class UpdateServiceAccount:
    """Changes an account's role, disables or enables it; from its next request on. `errors` found in the input already
    are raised with those of its values.

    Raises `Forbidden`, `ValidationError`, `ServiceAccountNotFound`.
    """

    services: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(
        self, *, actor: Actor, account_id: UUID, errors: ErrorCollector | None = None, **changes: Unpack[AccountChanges]
    ) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        standing = parse_changes(changes, errors)
        now = self.clock.now()

        def update() -> ServiceAccount:
            before = self.services.lock(account_id)
            after = before.changed(**standing)
            if after != before:
                self.services.replace(after)
                self.recorder.record_changes(actor, now, before, after)
            return after

        return self.atomic(update)


@frozen
class CreateServiceKey:
    """Makes a key, to be sent as bearer token. Its text is returned this once and cannot be had again.

    An account has at most two live keys, however many are made at once. A key expires after 90 days, or when it is told
    to, within 366. `errors` found in the input already are raised with those of its values.
    Raises `Forbidden`, `ValidationError`, `ServiceAccountNotFound`, `TooManyKeys`.
    """

    services: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock
    ids: IdGenerator

    def __call__(
        self, *, actor: Actor, account_id: UUID, errors: ErrorCollector | None = None, **details: Unpack[NewKey]
    ) -> tuple[ServiceKey, str]:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        key, token = ServiceKey.make(self.ids.new(now), now, errors, **details)

        def make() -> None:
            self.services.replace(self.services.lock(account_id).with_key(key, now))
            self.recorder.record(actor, now, account_id, AccountAction.KEY_CREATED, key_id=str(key.id), name=key.name)

        self.atomic(make)
        return key, token


@frozen
class RevokeServiceKey:
    """Ends a key at once; doing it twice is harmless.

    Raises `Forbidden`, `ServiceAccountNotFound`, `ServiceKeyNotFound`.
    """

    services: ServiceAccountRepository
    recorder: AccountRecorder
    atomic: Atomic
    clock: Clock

    def __call__(self, *, actor: Actor, account_id: UUID, key_id: UUID) -> None:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()

        def revoke() -> None:
            before = self.services.lock(account_id)
            after = before.without_key(key_id, now)
            if after is before:
                return
            self.services.replace(after)
            name = after.key(key_id).name
            self.recorder.record(actor, now, account_id, AccountAction.KEY_REVOKED, key_id=str(key_id), name=name)

        self.atomic(revoke)
