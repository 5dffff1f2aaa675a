from attrs import asdict, fields, frozen
from django.db.models import QuerySet

from adapters.django_orm.accounts import models
from adapters.django_orm.db.errors import core_errors
from core.accounts.password_resets import PasswordReset
from core.accounts.ports import PasswordResetRepository

_COLUMNS = tuple(field.name for field in fields(PasswordReset))


@frozen
class DjangoPasswordResetRepository(PasswordResetRepository):
    database: str = "default"

    @core_errors()
    def save(self, reset: PasswordReset) -> None:
        self._rows.bulk_create(
            [models.PasswordReset(**asdict(reset))],
            update_conflicts=True,
            unique_fields=["user_id"],
            update_fields=["role", "session_epoch", "digest", "expires_at"],
        )

    @core_errors()
    def find(self, digest: str) -> PasswordReset | None:
        row = self._rows.filter(digest=digest).values(*_COLUMNS).first()
        return None if row is None else PasswordReset(**row)

    @property
    def _rows(self) -> QuerySet[models.PasswordReset]:
        return models.PasswordReset.objects.using(self.database)
