from uuid import UUID

from attrs import asdict, fields, frozen
from django.contrib.auth.hashers import make_password
from django.db import transaction

from adapters.django_orm.accounts import models
from adapters.django_orm.atomic import require_atomic
from adapters.django_orm.errors import core_errors
from adapters.django_orm.lookup import Row, lookup
from core.access import Role
from core.accounts.entities import RefreshFamily, User
from core.accounts.errors import UserEmailTaken, UserNotFound
from core.accounts.ports import RefreshFamilies, UserRepository

_COLUMNS = tuple(field.name for field in fields(User))


@frozen
class DjangoUserRepository(UserRepository):
    database: str = "default"

    @core_errors()
    def get(self, user_id: UUID) -> User:
        row = lookup(models.User, _COLUMNS, self.database)(user_id)
        if row is None:
            raise UserNotFound
        return _user(row)

    @core_errors()
    def add(self, user: User, password: str) -> None:
        if models.User.objects.using(self.database).filter(email=user.email).exists():
            raise UserEmailTaken  # at once: hashing is slow on purpose
        hashed = make_password(password)
        with transaction.atomic(using=self.database):
            models.User.objects.using(self.database).create(**asdict(user), password=hashed)

    @core_errors()
    def verify(self, email: str, password: str) -> User | None:
        row = models.User.objects.using(self.database).filter(email=email, is_active=True).first()
        if row is None:
            make_password(password)
            return None
        return _user({name: getattr(row, name) for name in _COLUMNS}) if row.check_password(password) else None


def _user(row: Row) -> User:
    row["role"] = Role(row["role"])
    return User(**row)


@frozen
class DjangoRefreshFamilies(RefreshFamilies):
    database: str = "default"

    @core_errors()
    def add(self, family: RefreshFamily) -> None:
        models.RefreshFamily.objects.using(self.database).create(**asdict(family))

    @core_errors()
    def lock(self, family_id: UUID) -> RefreshFamily | None:
        require_atomic(self.database)
        rows = models.RefreshFamily.objects.using(self.database).select_for_update()
        row = rows.filter(id=family_id).first()
        if row is None:
            return None
        return RefreshFamily(
            id=row.id, user_id=row.user_id, token_id=row.token_id, expires_at=row.expires_at, revoked=row.revoked
        )

    @core_errors()
    def replace(self, family: RefreshFamily) -> None:
        models.RefreshFamily.objects.using(self.database).filter(id=family.id).update(
            token_id=family.token_id, expires_at=family.expires_at, revoked=family.revoked
        )
