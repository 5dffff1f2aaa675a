from datetime import datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from attrs import asdict, frozen
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from adapters.django_orm.accounts import models
from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.compiled_get import compiled_get
from adapters.django_orm.db.errors import core_errors
from core.access import Permission, Role
from core.accounts.errors import ServiceAccountNotFound
from core.accounts.ports import ServiceAccountRepository
from core.accounts.service_accounts import ServiceAccount
from core.accounts.service_keys import ServiceKey
from core.paging import Page, make_page

_KEYS = Prefetch("keys", models.ServiceKey.objects.order_by("id"), to_attr="prefetched_keys")


@frozen
class DjangoServiceAccountRepository(ServiceAccountRepository):
    database: str = "default"

    @core_errors()
    def get(self, account_id: UUID) -> ServiceAccount:
        return _first(self._rows.filter(id=account_id))

    @core_errors()
    def lock(self, account_id: UUID) -> ServiceAccount:
        require_atomic(self.database)
        return _first(self._rows.filter(id=account_id).select_for_update())

    @core_errors()
    def get_by_key(self, key_id: UUID) -> ServiceAccount | None:
        key = compiled_get(models.ServiceKey, ("account_id",), self.database)(key_id)  # reconnects if necessary
        row = self._rows.filter(id=key["account_id"]).first() if key else None
        return None if row is None else _account(row)

    @core_errors()
    def add(self, account: ServiceAccount) -> None:
        with transaction.atomic(using=self.database):
            self._rows.create(
                id=account.id, name=account.name, created_at=account.created_at, **_mutable_columns(account)
            )
            self._save_keys(account)

    @core_errors()
    def replace(self, account: ServiceAccount) -> None:
        self._rows.filter(id=account.id).update(**_mutable_columns(account))
        self._save_keys(account)

    @core_errors()
    def mark_used(self, key_id: UUID, at: datetime) -> None:
        self._keys.filter(id=key_id).update(last_used_at=at)

    @core_errors()
    def find(self, *, name: str | None, after: UUID | None, limit: int) -> Page[ServiceAccount]:
        filters = {"name": name, "id__lt": after}
        rows = self._rows.filter(**{lookup: value for lookup, value in filters.items() if value is not None})
        found = [_account(row) for row in rows.order_by("-id")[: limit + 1]]
        return make_page(found, limit, lambda account: account.id)

    @core_errors()
    def purge_keys(self, ended_before: datetime, limit: int) -> int:
        ended = self._keys.filter(Q(expires_at__lt=ended_before) | Q(revoked_at__lt=ended_before))
        removed, _ = self._keys.filter(id__in=list(ended.values_list("id", flat=True)[:limit])).delete()
        return removed

    @property
    def _rows(self) -> QuerySet[models.ServiceAccount]:
        return models.ServiceAccount.objects.using(self.database).prefetch_related(_KEYS)

    @property
    def _keys(self) -> QuerySet[models.ServiceKey]:
        return models.ServiceKey.objects.using(self.database)

    def _save_keys(self, account: ServiceAccount) -> None:
        """Inserts new keys. Of existing keys, only `revoked_at` changes."""
        rows = [models.ServiceKey(account_id=account.id, **_key_columns(key)) for key in account.keys]
        self._keys.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=["revoked_at"])


def _mutable_columns(account: ServiceAccount) -> dict[str, Role | bool]:
    return {"role": account.role, "is_active": account.is_active}


def _key_columns(key: ServiceKey) -> dict[str, Any]:
    return asdict(key) | {"networks": [str(network) for network in key.networks]}


def _first(rows: QuerySet[models.ServiceAccount]) -> ServiceAccount:
    row = rows.first()
    if row is None:
        raise ServiceAccountNotFound
    return _account(row)


def _account(row: models.ServiceAccount) -> ServiceAccount:
    return ServiceAccount(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        is_active=row.is_active,
        created_at=row.created_at,
        keys=tuple(
            ServiceKey(
                id=key.id,
                name=key.name,
                digest=key.digest,
                created_at=key.created_at,
                expires_at=key.expires_at,
                revoked_at=key.revoked_at,
                last_used_at=key.last_used_at,
                networks=tuple(map(ip_network, key.networks)),
                permissions=tuple(map(Permission, key.permissions)),
            )
            for key in row.prefetched_keys
        ),
    )
