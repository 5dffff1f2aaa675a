from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from attrs import asdict, fields, frozen
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet

from adapters.django_orm.accounts import models
from adapters.django_orm.db.atomic import require_atomic
from adapters.django_orm.db.binary import Row
from adapters.django_orm.db.compiled_get import compiled_get
from adapters.django_orm.db.errors import core_errors
from core.access import Role
from core.accounts.entities import User
from core.accounts.errors import UserNotFound
from core.accounts.ports import RefreshFamilyRepository, UserRepository
from core.accounts.sessions import RefreshFamily
from core.paging import Page, make_page

_COLUMNS = tuple(field.name for field in fields(User))
_FAMILY_COLUMNS = tuple(field.name for field in fields(RefreshFamily))
_USER_COLUMNS = tuple(f"user__{name}" for name in _COLUMNS)


@frozen
class DjangoUserRepository(UserRepository):
    database: str = "default"

    @core_errors()
    def get(self, user_id: UUID) -> User:
        row = compiled_get(models.User, _COLUMNS, self.database)(user_id)
        if row is None:
            raise UserNotFound
        return _user(row)

    @core_errors()
    def emails(self, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        return dict(self._rows.filter(id__in=user_ids).values_list("id", "email")) if user_ids else {}

    @core_errors()
    def lock(self, user_id: UUID) -> User:
        require_atomic(self.database)
        row = self._rows.filter(id=user_id).select_for_update().values(*_COLUMNS).first()
        if row is None:
            raise UserNotFound
        return _user(row)

    @core_errors()
    def lock_active_admins(self) -> frozenset[UUID]:
        require_atomic(self.database)
        admins = self._rows.filter(role=Role.ADMIN, is_active=True).order_by("id").select_for_update()
        return frozenset(admins.values_list("id", flat=True))

    def hash(self, password: str) -> str:
        return make_password(password)

    @core_errors()
    def add(self, user: User, hashed: str) -> None:
        with transaction.atomic(using=self.database):
            self._rows.create(**asdict(user), password=hashed)

    @core_errors()
    def replace(self, user: User, hashed: str | None = None) -> None:
        password = {} if hashed is None else {"password": hashed}
        self._rows.filter(id=user.id).update(**asdict(user), **password)

    @core_errors()
    def verify(self, email: str, password: str) -> User | None:
        row = self._rows.filter(email=email, is_active=True).first()
        if row is None:
            make_password(password)  # takes as long as a check, so that timing does not reveal which emails exist
            return None
        stored = row.password

        def rehash(raw: str | None) -> None:
            """With the current algorithm, unless the password has been changed in the meantime."""
            self._rows.filter(id=row.id, password=stored).update(password=make_password(raw))

        return user_of(row) if check_password(password, stored, rehash) else None

    @core_errors()
    def find(
        self, *, email: str | None, role: Role | None, is_active: bool | None, after: UUID | None, limit: int
    ) -> Page[User]:
        filters = {"email": email, "role": role, "is_active": is_active, "id__lt": after}
        rows = self._rows.filter(**{lookup: value for lookup, value in filters.items() if value is not None})
        found = [_user(row) for row in rows.order_by("-id").values(*_COLUMNS)[: limit + 1]]
        return make_page(found, limit, lambda user: user.id)

    @property
    def _rows(self) -> QuerySet[models.User]:
        return models.User.objects.using(self.database)


def user_of(row: models.User) -> User:
    return _user({name: getattr(row, name) for name in _COLUMNS})


def _user(row: Row) -> User:
    row["role"] = Role(row["role"])
    return User(**row)


@frozen
class DjangoRefreshFamilyRepository(RefreshFamilyRepository):
    database: str = "default"

    @core_errors()
    def add(self, family: RefreshFamily) -> None:
        self._rows.create(**asdict(family))

    @core_errors()
    def lock(self, family_id: UUID) -> RefreshFamily | None:
        require_atomic(self.database)
        row = self._rows.filter(id=family_id).select_for_update().values(*_FAMILY_COLUMNS).first()
        return None if row is None else RefreshFamily(**row)

    @core_errors()
    def get_with_user(self, family_id: UUID) -> tuple[RefreshFamily, User] | None:
        row = compiled_get(models.RefreshFamily, (*_FAMILY_COLUMNS, *_USER_COLUMNS), self.database)(family_id)
        if row is None:
            return None
        family = RefreshFamily(**{name: row[name] for name in _FAMILY_COLUMNS})
        return family, _user({name: row[f"user__{name}"] for name in _COLUMNS})

    @core_errors()
    def list_live(self, user: User, now: datetime, limit: int) -> tuple[RefreshFamily, ...]:
        rows = self._rows.filter(user_id=user.id, session_epoch=user.session_epoch, revoked=False, expires_at__gt=now)
        found = rows.order_by("-refreshed_at", "-id").values(*_FAMILY_COLUMNS)[:limit]
        return tuple(RefreshFamily(**row) for row in found)

    @core_errors()
    def replace(self, family: RefreshFamily) -> None:
        self._rows.filter(id=family.id).update(**asdict(family))

    @core_errors()
    def purge(self, expired_before: datetime, limit: int) -> int:
        expired = self._rows.filter(expires_at__lt=expired_before).values_list("id", flat=True)[:limit]
        removed, _ = self._rows.filter(id__in=list(expired)).delete()
        return removed

    @property
    def _rows(self) -> QuerySet[models.RefreshFamily]:
        return models.RefreshFamily.objects.using(self.database)
