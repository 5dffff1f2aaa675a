from typing import Unpack
from uuid import UUID

from attrs import frozen

from core.access import Actor, Permission
from core.accounts.audit import AccountAction
from core.accounts.entities import AccountChanges, parse_changes
from core.accounts.ports import ServiceAccounts
from core.accounts.services import NewKey, NewServiceAccount, ServiceAccount, ServiceKey, service_name
from core.accounts.use_cases.ledger import AccountLedger
from core.errors import FaultList, parse_one
from core.paging import Page
from core.ports import Atomic, Clock, Ids
from core.values import DEFAULT_PER_PAGE, page_limit


@frozen
class CreateServiceAccount:
    """Adds an account for a machine, which has no key yet. `faults` found in the input already are raised with those of
    its values. Raises `Forbidden`, `Invalid`, `ServiceNameTaken`."""

    services: ServiceAccounts
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock
    ids: Ids

    def __call__(
        self, *, actor: Actor, faults: FaultList | None = None, **details: Unpack[NewServiceAccount]
    ) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        account = ServiceAccount.create(self.ids.new(now), now, faults, **details)

        def create() -> ServiceAccount:
            self.services.add(account)
            self.ledger.enter(actor, now, account.id, AccountAction.CREATED, role=account.role)
            return account

        return self.atomic(create)


@frozen
class ListServiceAccounts:
    """Service accounts with their keys, newest first; or the one of a name. Raises `Forbidden`, `Invalid`."""

    services: ServiceAccounts

    def __call__(
        self, *, actor: Actor, name: str | None = None, after: UUID | None = None, limit: int = DEFAULT_PER_PAGE
    ) -> Page[ServiceAccount]:
        actor.require(Permission.MANAGE_USERS)
        called = None if name is None else parse_one("name", service_name, name)
        parse_one("limit", page_limit, limit)
        return self.services.find(name=called, after=after, limit=limit)


@frozen
class ViewServiceAccount:
    """One service account with its keys. Raises `Forbidden`, `ServiceAccountNotFound`."""

    services: ServiceAccounts

    def __call__(self, *, actor: Actor, account_id: UUID) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        return self.services.get(account_id)


@frozen
class UpdateServiceAccount:
    """Changes an account's role, disables or enables it; from its next request on. `faults` found in the input already
    are raised with those of its values.

    Raises `Forbidden`, `Invalid`, `ServiceAccountNotFound`.
    """

    services: ServiceAccounts
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock

    def __call__(
        self, *, actor: Actor, account_id: UUID, faults: FaultList | None = None, **changes: Unpack[AccountChanges]
    ) -> ServiceAccount:
        actor.require(Permission.MANAGE_USERS)
        standing = parse_changes(changes, faults)
        now = self.clock.now()

        def update() -> ServiceAccount:
            before = self.services.lock(account_id)
            after = before.changed(**standing)
            if after != before:
                self.services.replace(after)
                self.ledger.enter_changes(actor, now, before, after)
            return after

        return self.atomic(update)


@frozen
class MakeServiceKey:
    """Makes a key, to be sent as bearer token. Its text is returned this once and cannot be had again.

    An account has at most two live keys, however many are made at once. A key expires after 90 days, or when it is told
    to, within 366. `faults` found in the input already are raised with those of its values.
    Raises `Forbidden`, `Invalid`, `ServiceAccountNotFound`, `TooManyKeys`.
    """

    services: ServiceAccounts
    ledger: AccountLedger
    atomic: Atomic
    clock: Clock
    ids: Ids

    def __call__(
        self, *, actor: Actor, account_id: UUID, faults: FaultList | None = None, **details: Unpack[NewKey]
    ) -> tuple[ServiceKey, str]:
        actor.require(Permission.MANAGE_USERS)
        now = self.clock.now()
        key, token = ServiceKey.make(self.ids.new(now), now, faults, **details)

        def make() -> None:
            self.services.replace(self.services.lock(account_id).with_key(key, now))
            self.ledger.enter(actor, now, account_id, AccountAction.KEY_MADE, key_id=str(key.id), name=key.name)

        self.atomic(make)
        return key, token


@frozen
class RevokeServiceKey:
    """Ends a key at once; doing it twice is harmless.

    Raises `Forbidden`, `ServiceAccountNotFound`, `ServiceKeyNotFound`.
    """

    services: ServiceAccounts
    ledger: AccountLedger
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
            self.ledger.enter(actor, now, account_id, AccountAction.KEY_REVOKED, key_id=str(key_id), name=name)

        self.atomic(revoke)
